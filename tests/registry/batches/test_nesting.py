"""Publishing a composite asks whether its tools are there, and whether it would end."""

from typing import Any

import pytest

from accounts.errors import Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.models import TenantTool, Tool
from registry.publish import publish_version
from registry.register import register_tool
from registry.retire import retire_tool
from registry.transports.composite import DEEPEST
from tests.cast import CASTING
from tests.catalogue import manager_of
from tests.registry.batches.conftest import Offer

pytestmark = pytest.mark.django_db


def calls(*tools: str, **more: Any) -> dict[str, Any]:
    return {"calls": [{"id": f"c{number}", "tool": tool, **more} for number, tool in enumerate(tools)]}


@pytest.fixture
def compose(offer: Offer) -> Offer:
    def compose_tool(slug: str, *tools: str, call: dict[str, Any] | None = None, **changes: Any) -> Tool:
        return offer(slug, transport="composite", definition=calls(*tools, **(call or {})), **changes)

    return compose_tool


def faults(compose: Offer, *arguments: Any, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        compose(*arguments, **changes)
    return [(fault.path, fault.message) for fault in refused.value.faults]


def test_it_takes_tools_that_are_there(compose: Offer, offer: Offer) -> None:
    offer("echo", version="1.2.0")
    compose("once", "echo", "echo@^1.1", "echo@latest", "echo@1.2.0")
    compose("twice", "once", "echo")


def test_it_names_a_tool_that_is_not_there(
    acme: Tenant, globex: Tenant, compose: Offer, offer: Offer, upstream: Any
) -> None:
    offer("theirs", tenant=globex)
    gone = offer("gone")
    with within(acme.id):
        retire_tool(tool=gone, by=manager_of(acme))
    assert faults(compose, "bad", "none", "theirs", "gone") == [
        (f"$.definition.calls[{n}].tool", f"There is no tool `{slug}` that you have. Register it first.")
        for n, slug in enumerate(("none", "theirs", "gone"))
    ]
    with within(acme.id):
        assert not Tool.objects.filter(slug="bad").exists()


def test_it_names_a_range_that_nothing_fits(compose: Offer, offer: Offer) -> None:
    offer("echo")
    assert faults(compose, "bad", "echo@^2", "echo@nonsense") == [
        ("$.definition.calls[0].tool", "No version of `echo` fits `^2`. There are: 1.0.0."),
        (
            "$.definition.calls[1].tool",
            "Give a version or a range such as `1.2.3`, `^1.2`, `~1.2`, `1.x` or `latest`.",
        ),
    ]


def test_it_looks_at_what_the_tenant_pinned(acme: Tenant, compose: Offer, platform_tool: Tool) -> None:
    compose("fine", "shared")
    with within(acme.id):
        TenantTool.objects.create(tenant_id=acme.id, tool=platform_tool, version_range="^7")
    assert faults(compose, "bad", "shared")[0][0] == "$.definition.calls[0].tool"


@pytest.fixture
def platform_tool(platform_owner: Any, upstream: Any) -> Tool:
    spec = {"slug": "shared", "name": "Shared", "version": "1.0.0", "input_schema": {"type": "object"}}
    with platform():
        return register_tool(
            by=CASTING, spec={**spec, "definition": {"method": "POST", "url": f"{upstream.url}/x"}}, shared=True
        )


def test_it_lets_a_shared_composite_call_shared_tools_only(offer: Offer, platform_tool: Tool) -> None:
    offer("own")
    spec = {"slug": "all", "name": "All", "version": "1.0.0", "transport": "composite", "input_schema": {}}
    with platform():
        register_tool(by=CASTING, spec={**spec, "definition": calls("shared")}, shared=True)
        with pytest.raises(Invalid) as refused:
            register_tool(by=CASTING, spec={**spec, "slug": "bad", "definition": calls("own")}, shared=True)
    assert refused.value.faults[0].message == "There is no tool `own` that all tenants share. Register it first."


def test_it_wants_an_operation_where_there_are_several(compose: Offer, offer: Offer, upstream: Any) -> None:
    endpoints = {name: f"{upstream.url}/{name}" for name in ("stamp", "check")}
    offer("ops", endpoints=endpoints, definition={})
    offer("echo")
    compose("fine", "ops", call={"operation": "stamp"})
    assert faults(compose, "bad", "ops") == [
        ("$.definition.calls[0].operation", "Name an operation of `ops`: check, stamp.")
    ]
    assert faults(compose, "bad", "echo", call={"operation": "stamp"}) == [
        ("$.definition.calls[0].operation", "Name an operation of `echo`: none, leave it out.")
    ]


def test_it_refuses_a_composite_that_calls_itself(acme: Tenant, compose: Offer, offer: Offer) -> None:
    offer("echo")
    assert faults(compose, "bad", "bad") == [
        ("$.definition.calls[0].tool", "A composite cannot call itself. Name another tool.")
    ]
    inner = compose("inner", "echo")
    compose("outer", "inner")
    with within(acme.id), pytest.raises(Invalid) as refused:
        publish_version(tool=inner, by=manager_of(acme), spec={"version": "1.1.0", "definition": calls("outer")})
    assert refused.value.faults[0].message == "This would call itself: `inner` → `outer` → `inner`."


def test_it_refuses_what_would_stand_too_deep(compose: Offer, offer: Offer) -> None:
    offer("level-0")
    for level in range(1, DEEPEST + 1):
        compose(f"level-{level}", f"level-{level - 1}")
    [(place, message)] = faults(compose, "bad", f"level-{DEEPEST}")
    assert place == "$.definition.calls[0].tool"
    assert message.startswith("Composites would stand more than 4 deep in one another: `bad` → `level-4`")


def test_it_refuses_what_would_make_too_many_calls(compose: Offer, offer: Offer) -> None:
    offer("echo")
    compose("fifty", *["echo"] * 50)
    compose("fine", "fifty", "fifty", "fifty")
    assert "more than 200 calls" in faults(compose, "bad", *["fifty"] * 4)[0][1]


def test_it_promises_no_more_than_its_tools(compose: Offer, offer: Offer, upstream: Any) -> None:
    offer("reads", read_only=True)
    offer("puts", definition={"method": "PUT", "url": f"{upstream.url}/x"})
    offer("writes")
    compose("reading", "reads", read_only=True, idempotent=True)
    compose("putting", "reads", "puts", idempotent=True)
    assert faults(compose, "bad", "reads", "puts", read_only=True) == [
        ("$.definition.calls[1].tool", "`puts` 1.0.0 is not `read_only`, so its caller cannot be.")
    ]
    assert faults(compose, "bad", "writes", idempotent=True) == [
        ("$.definition.calls[0].tool", "`writes` 1.0.0 is not `idempotent`, so its caller cannot be.")
    ]


def test_it_takes_no_endpoints(compose: Offer, offer: Offer) -> None:
    offer("echo")
    assert faults(compose, "bad", "echo", endpoints={"a": "https://x.example"})[0][0] == "$.endpoints"
