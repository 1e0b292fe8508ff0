"""`route/{operation}/`: real tools, a real corridor, real upstreams."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.offload import give_connection_back
from accounts.roles import Role
from accounts.tenancy import platform, within
from registry.models import Execution, ToolHealth
from registry.models.execution import Status
from registry.permissions.rules import make_rule
from tests.cast import make_agent, make_key
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.registry.execution.rows import executions
from tests.registry.trail import share
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

DOWN = "http://127.0.0.1:1/stamp"
FAILED = Scripted(status=503, body=b"no paper")


@pytest.fixture
def second(upstream: Upstream, settings: Any) -> Iterator[Upstream]:
    """Another upstream, for the tool to fall over to."""
    server = Upstream()
    settings.EGRESS_ALLOW_NETWORKS = [*settings.EGRESS_ALLOW_NETWORKS, f"127.0.0.1/32:{server.port}", "127.0.0.1/32:1"]
    yield server
    server.close()


class Stampers:
    """`stampers.add("late", server.url)`: a healthy tool with the endpoint `stamp`; what comes later is asked later."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.age = timedelta()

    def add(self, slug: str, url: str, **more: Any) -> None:
        self.register(slug=slug, definition={}, endpoints={"stamp": url}, input_schema={}, **more)
        self.heard_of(slug)

    def heard_of(self, slug: str) -> None:
        self.age += timedelta(seconds=10)
        now = timezone.now()
        with platform():
            ToolHealth.objects.filter(tool__slug=slug).update(
                status="healthy", last_heartbeat=now - self.age, stale_at=now + timedelta(seconds=300)
            )


@pytest.fixture
def stampers(register: Register) -> Stampers:
    return Stampers(register)


def route(corridor: Corridor, body: dict[str, Any] | None = None, operation: str = "stamp") -> Any:
    return corridor.post(f"route/{operation}/", {"input": {"page": 1}} if body is None else body)


def tries(tenant: Tenant) -> list[tuple[str, str, list[str]]]:
    return [(row.tool_slug, row.status, row.tried) for row in executions(tenant)]


def test_it_runs_the_operation_on_the_tool_heard_of_last(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    stampers.add("lately", upstream.url + "/stamp")
    stampers.add("before", second.url)
    answer = route(corridor)
    assert answer.status_code == 200
    execution = answer.json()
    assert (execution["tool"], execution["operation"], execution["tried"]) == ("lately", "stamp", [])
    assert [(received.path, received.json) for received in upstream.received] == [("/stamp", {"page": 1})]
    assert second.received == []


def test_it_tells_what_was_asked_for(corridor: Corridor, stampers: Stampers, upstream: Upstream) -> None:
    stampers.add("lately", upstream.url)
    long = Scripted(body=json.dumps({"id": 7, "notes": ["x" * 50] * 100}).encode())
    upstream.will(long, long)
    assert route(corridor, {"fields": ["id"]}).json()["output"] == {"id": 7}
    short = route(corridor, {"max_tokens": 100}).json()
    assert (short["output"]["id"], short["truncated"]["max_tokens"]) == (7, 100)


@pytest.mark.parametrize("url", [DOWN, "answers 503", "http://169.254.169.254/stamp"])
def test_it_falls_over_to_the_next_and_says_so(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream, url: str
) -> None:
    upstream.will(FAILED)
    stampers.add("broken", upstream.url if url == "answers 503" else url)
    stampers.add("works", second.url)
    execution = route(corridor).json()
    assert (execution["tool"], execution["status"], execution["tried"]) == ("works", "succeeded", ["broken"])
    assert tries(acme) == [("broken", "failed", []), ("works", "succeeded", ["broken"])]


def test_it_falls_over_to_none_that_its_caller_may_not_call_any_more(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    def deny() -> None:
        with within(acme.id):
            facts = {"name": "No", "effect": "deny", "tools": ["works"]}
            make_rule(tenant_id=acme.id, by=manager_of(acme), facts=facts)
        give_connection_back()  # the service's thread ends with its answer

    upstream.will(replace(FAILED, before=deny))
    stampers.add("broken", upstream.url)
    stampers.add("works", second.url)
    corridor.call("works", {"page": 0})  # so that what is known of the tool is kept
    answer = route(corridor)
    assert (answer.status_code, answer.json()["code"], answer.json()["tried"]) == (403, "forbidden", ["broken"])
    assert [received.json for received in second.received] == [{"page": 0}]


def test_it_tells_of_the_last_when_all_fail(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    upstream.will(FAILED)
    stampers.add("first", DOWN)
    stampers.add("last", upstream.url)
    answer = route(corridor)
    document = answer.json()
    assert (answer.status_code, document["code"], document["tried"]) == (502, "upstream_error", ["first"])
    with within(acme.id):
        assert Execution.objects.get(id=document["execution_id"]).tool_slug == "last"


def test_it_goes_no_further_when_the_tool_may_have_acted(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    _, leave = upstream.will_wait()
    stampers.add("silent", upstream.url, timeout_ms=300)
    stampers.add("works", second.url)
    answer = route(corridor)
    leave.set()
    assert (answer.status_code, answer.json()["code"], answer.json()["tried"]) == (504, "outcome_unknown", [])
    assert second.received == []
    assert [slug for slug, _, _ in tries(acme)] == ["silent"]


@pytest.mark.parametrize("status", [408, 502, 504])
@pytest.mark.parametrize(
    ("tool", "code", "tried"),
    [
        ({}, "outcome_unknown", []),
        ({"idempotent": True}, "upstream_error", []),
        ({"read_only": True}, None, ["behind"]),
    ],
)
def test_it_goes_further_when_a_gateway_lost_its_service_only_where_that_reads(
    corridor: Corridor,
    stampers: Stampers,
    upstream: Upstream,
    second: Upstream,
    status: int,
    tool: dict[str, Any],
    code: str | None,
    tried: list[str],
) -> None:
    upstream.will(Scripted(status))
    stampers.add("behind", upstream.url, **tool)
    stampers.add("works", second.url)
    document = route(corridor).json()
    assert (document.get("code"), document["tried"], len(second.received)) == (code, tried, len(tried))


def test_it_goes_further_when_a_silent_tool_only_reads(
    corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    _, leave = upstream.will_wait()
    stampers.add("silent", upstream.url, timeout_ms=300, read_only=True)
    stampers.add("works", second.url)
    assert route(corridor).json()["tried"] == ["silent"]
    leave.set()


@pytest.mark.parametrize(("read_only", "tried"), [(True, ["odd"]), (False, [])])
def test_it_believes_no_answer_that_does_not_fit(
    corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream, read_only: bool, tried: list[str]
) -> None:
    stampers.add("odd", upstream.url, output_schema={"required": ["stamp"]}, read_only=read_only)
    stampers.add("works", second.url)
    assert route(corridor).json()["tried"] == tried


def test_it_takes_a_refusal_for_an_answer(
    corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    upstream.will(Scripted(status=404))
    stampers.add("knows", upstream.url)
    stampers.add("other", second.url)
    answer = route(corridor)
    assert (answer.status_code, answer.json()["tried"], second.received) == (502, [], [])


def test_it_does_not_try_a_bad_input_everywhere(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, register: Register
) -> None:
    register(slug="strict", capabilities={"operations": ["stamp"]})
    stampers.heard_of("strict")
    stampers.add("works", upstream.url)
    answer = route(corridor)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert upstream.received == []


def test_it_falls_over_from_a_tool_whose_limit_is_used_up(
    corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    stampers.add("limited", upstream.url, rate_limit={"per_minute": 1, "burst": 1})
    stampers.add("works", second.url)
    assert [route(corridor).json()["tool"] for _ in range(3)] == ["limited", "works", "works"]


def test_it_calls_a_tool_that_names_the_operation_among_its_capabilities(
    corridor: Corridor, register: Register, stampers: Stampers
) -> None:
    register(capabilities={"operations": ["look_up", "stamp"]})
    stampers.heard_of("crm-find")
    execution = route(corridor, {"input": {"account": 7}}, "look_up").json()
    assert (execution["tool"], execution["operation"]) == ("crm-find", "")


def test_it_passes_over_what_is_not_well_or_not_meant(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, api: Any
) -> None:
    for slug in ("stale", "failing", "overdue", "off", "not-for-claude"):
        more: dict[str, Any] = {"excluded_providers": ["claude_code"]} if slug == "not-for-claude" else {}
        stampers.add(slug, "http://127.0.0.1:1/", **more)
    stampers.add("well", upstream.url)
    with within(acme.id):
        for slug in ("stale", "failing"):
            ToolHealth.objects.filter(tool__slug=slug).update(status=slug)
        ToolHealth.objects.filter(tool__slug="overdue").update(stale_at=timezone.now())
        Agent.objects.update(provider="claude_code")
    api.post("tools/off/disable/")
    execution = route(corridor).json()
    assert (execution["tool"], execution["tried"]) == ("well", [])


def test_it_asks_only_those_heard_of_lately(corridor: Corridor, stampers: Stampers, upstream: Upstream) -> None:
    stampers.age = timedelta(seconds=100)
    stampers.add("a-while-ago", upstream.url)
    assert route(corridor, {"healthy_within": 500}).json()["tool"] == "a-while-ago"
    answer = route(corridor, {"healthy_within": 60})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_it_passes_over_a_version_without_the_operation(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, api: Any
) -> None:
    stampers.add("moved-on", upstream.url)
    api.post("tools/moved-on/versions/", {"version": "2.0.0", "endpoints": {"void": upstream.url}})
    stampers.add("retired", upstream.url)
    api.patch("tools/retired/versions/1.0.0/", {"state": "retired"})
    answer = route(corridor)
    assert (answer.status_code, answer.json()["code"]) == (404, "tool_not_found")
    assert executions(acme) == []


def test_it_tries_five_tools_at_most(acme: Tenant, corridor: Corridor, stampers: Stampers, second: Upstream) -> None:
    for number in range(7):
        stampers.add(f"down-{number}", DOWN)
    answer = route(corridor)
    assert answer.json()["tried"] == [f"down-{number}" for number in range(4)]
    assert len(executions(acme)) == 5


def test_it_ends_with_the_time_for_all_together(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    _, leave = upstream.will_wait()
    stampers.add("slow", upstream.url, read_only=True)
    stampers.add("works", second.url)
    answer = route(corridor, {"timeout_ms": 200})
    leave.set()
    assert (answer.status_code, answer.json()["code"]) == (504, "timeout")
    assert second.received == []


@pytest.mark.parametrize("operation", ["missing", "a%00b", "x" * 65, "%F0%9F%92%A9"])
def test_it_finds_no_tool_for_an_unknown_operation(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, operation: str
) -> None:
    stampers.add("stamper", upstream.url)
    answer = route(corridor, operation=operation)
    assert (answer.status_code, answer.json()["code"]) == (404, "tool_not_found")
    assert upstream.received == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"input": []}, "$.input"),
        ({"input": "x"}, "$.input"),
        ({"healthy_within": 0}, "$.healthy_within"),
        ({"healthy_within": "60"}, "$.healthy_within"),
        ({"timeout_ms": 0}, "$.timeout_ms"),
        ({"tool": "stamper"}, "$.tool"),
    ],
)
def test_it_refuses_a_body_that_is_wrong(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, body: dict[str, Any], path: str
) -> None:
    stampers.add("stamper", upstream.url)
    answer = route(corridor, body)
    assert (answer.status_code, [fault["path"] for fault in answer.json()["errors"]]) == (422, [path])
    assert upstream.received == []


def test_it_takes_no_idempotency_key(corridor: Corridor, stampers: Stampers, upstream: Upstream) -> None:
    stampers.add("stamper", upstream.url)
    answer = corridor.post("route/stamp/", {"input": {}}, idempotency_key="once")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "Idempotency-Key")
    assert upstream.received == []


def test_it_routes_to_nobody_elses_tool(
    corridor: Corridor, spy_corridor: Corridor, stampers: Stampers, upstream: Upstream
) -> None:
    stampers.add("stamper", upstream.url)
    answer = route(spy_corridor)
    assert (answer.status_code, answer.json()["code"]) == (404, "tool_not_found")
    assert upstream.received == []
    share(slug="shared", definition={}, endpoints={"stamp": upstream.url}, input_schema={})
    stampers.heard_of("shared")
    assert route(spy_corridor).json()["tool"] == "shared"


def test_it_routes_nothing_for_somebody_who_may_not_call(
    acme: Tenant, corridor: Corridor, stampers: Stampers, upstream: Upstream, second: Upstream
) -> None:
    stampers.add("stamper", upstream.url)
    stampers.add("another", second.url)
    viewer = corridor.as_(make_key(make_agent(acme, "reader", Role.VIEWER)))
    answer = route(viewer)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (upstream.received, second.received) == ([], [])
    assert [status for _, status, _ in tries(acme)] == [Status.REFUSED]
