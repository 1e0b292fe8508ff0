import json
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.tenancy import platform, within
from registry.models import Execution, TenantTool, Tool, ToolHealth, ToolVersion
from registry.models.execution import Status
from registry.models.health import HealthStatus
from registry.register import register_tool
from tests.browsing import Browse, address_of, list_of
from tests.cast import CASTING
from tests.catalogue import FIND_CONTACT, Register

pytestmark = pytest.mark.django_db

ADD = "/admin/registry/tool/add/"


@pytest.fixture
def tool(register: Register) -> Tool:
    return register(category="crm", description="Finds a contact.")


@pytest.fixture
def clock(db: None) -> Tool:
    with platform():
        spec = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin"}
        return register_tool(by=CASTING, spec={**spec, "definition": {"function": "clock"}}, shared=True)


def now(tool: Tool) -> Tool:
    with platform():
        return Tool.objects.get(id=tool.id)


def called(tool: Tool, tenant: Tenant, **fields: Any) -> Execution:
    usual = {"status": Status.SUCCEEDED, "version": "1.0.0", "started_at": timezone.now()}
    with within(tenant.id):
        return Execution.objects.create(tenant=tenant, tool=tool, tool_slug=tool.slug, **{**usual, **fields})


def facts(**changes: Any) -> dict[str, Any]:
    """What the form for registering sends."""
    return {
        "slug": "crm-find",
        "name": "Find contact",
        "version": "1.0.0",
        "node_type": "effect",
        "transport": "http",
        "definition": json.dumps(FIND_CONTACT["definition"]),
        "input_schema": json.dumps(FIND_CONTACT["input_schema"]),
        "timeout_ms": "5000",
        "cache_seconds": "0",
        "stale_after_seconds": "300",
        **changes,
    }


def test_it_lists_tools_with_version_health_and_calls(browse: Browse, bob: Person, tool: Tool, acme: Tenant) -> None:
    with within(acme.id):
        ToolHealth.objects.filter(tool=tool).update(status=HealthStatus.FAILING)
    called(tool, acme)
    called(tool, acme, status=Status.REFUSED, count=40)
    page = browse(bob).page(list_of(Tool))
    assert "crm-find" in page
    assert '<td data-label="Version"><code class="qm-mono">1.0.0</code></td>' in page
    assert '<span class="qm-badge qm-bad">Failing</span>' in page
    assert '<td data-label="Calls, 24 h">41</td>' in page


def test_it_says_how_to_register_the_first_tool(browse: Browse, bob: Person) -> None:
    page = browse(bob).page(list_of(Tool))
    assert "No tools yet" in page
    assert "curl http://testserver/api/v1/tools/ -H 'Authorization: Bearer qm_YOUR_KEY'" in page


def test_it_says_so_when_all_tools_are_shared_ones(browse: Browse, bob: Person, clock: Tool) -> None:
    page = browse(bob).page(list_of(Tool))
    assert "None of your own yet" in page
    assert "curl http://testserver/api/v1/tools/" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "CONTACT"}, True),
        ({"q": "invoice"}, False),
        ({"category": "crm"}, True),
        ({"category": "billing"}, True),
        ({"health": "unknown"}, True),
        ({"health": "healthy"}, False),
        ({"source": "native"}, False),
        ({"node_type": "effect"}, True),
        ({"enabled": "enabled"}, True),
        ({"state": "enabled"}, True),
        ({"state": "disabled"}, False),
        ({"state": "retired"}, False),
    ],
)
def test_it_narrows_the_list(browse: Browse, bob: Person, tool: Tool, query: dict[str, str], found: bool) -> None:
    answer = browse(bob).get(list_of(Tool), query)
    assert answer.status_code == (400 if "enabled" in query else 200)
    assert (address_of(tool) in answer.content.decode()) == (found and "enabled" not in query)


def test_it_says_when_nothing_matches(browse: Browse, bob: Person, tool: Tool) -> None:
    page = browse(bob).page(list_of(Tool), {"q": "nothing-like-it", "health": "healthy"})
    assert "No tools fit “nothing-like-it” and these filters." in page


def test_it_shows_a_tool_with_its_executions_and_how_to_call_it(
    browse: Browse, bob: Person, tool: Tool, acme: Tenant
) -> None:
    visitor = browse(bob)
    assert "Not called yet" in visitor.page(address_of(tool))
    failed = called(tool, acme, status=Status.FAILED, error={"code": "upstream_error"}, finished_at=timezone.now())
    page = visitor.page(address_of(tool))
    assert "Finds a contact." in page
    assert address_of(failed) in page
    assert "upstream_error" in page
    assert "/api/v1/tools/crm-find/execute/" in page
    assert '{"input": {"account": 1}}' in page
    assert f"/admin/registry/execution/?tool={tool.id}" in page


def test_it_registers_a_tool(browse: Browse, bob: Person, acme: Tenant) -> None:
    visitor = browse(bob)
    assert "Shared by all tenants" not in visitor.page(ADD)
    said = visitor.done(ADD, facts(capabilities='{"operations": ["find_contact"]}', read_only="on", retries=""))
    assert "crm-find is registered." in said
    with within(acme.id):
        version = ToolVersion.objects.select_related("tool").get()
        assert (version.tool.slug, version.tool.capabilities) == ("crm-find", {"operations": ["find_contact"]})
        assert (version.version, version.timeout_ms, version.read_only, version.retries) == ("1.0.0", 5000, True, {})
        assert version.output_schema is None
        entry = AuditEntry.objects.get(action="tool.registered")
        assert entry.actor == f"person:{bob.id}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"slug": "Bad Slug"}, "Use 1 to 64 lower-case letters"),
        ({"version": "one"}, "Give a semantic version"),
        ({"definition": "{"}, "This is not JSON"),
        ({"definition": '{"method": "POST"}'}, "url"),
        ({"definition": "", "endpoints": '{"stamp": "ftp://x"}'}, "stamp: Give an absolute http:// or https:// URL"),
        ({"input_schema": '{"type": "nothing"}'}, "type: A tool's input is an object"),
        ({"rate_limit": '{"per_minute": 0}'}, "per_minute: Give a whole number from 1"),
        ({"transport": "pigeon"}, "Select a valid choice."),
        ({"timeout_ms": "700000"}, "Give a whole number from 1 to 600,000."),
        ({"retire_after_seconds": "x"}, "Enter a whole number."),
        ({"metadata": '{"a": "\\u0000"}'}, "holds a NUL character"),
        ({"health_endpoint": "javascript:alert(1)"}, "Give an absolute http:// or https:// URL"),
    ],
)
def test_it_says_why_a_tool_cannot_be_registered(
    browse: Browse, bob: Person, acme: Tenant, changes: dict[str, str], said: str
) -> None:
    assert said in browse(bob).refused(ADD, facts(**changes))
    with within(acme.id):
        assert not Tool.objects.exists()


def test_it_says_that_a_slug_is_taken(browse: Browse, bob: Person, tool: Tool) -> None:
    assert "There is a tool" in browse(bob).refused(ADD, facts())


def test_it_edits_what_may_change(browse: Browse, bob: Person, tool: Tool) -> None:
    visitor = browse(bob)
    assert "Finds a contact." in visitor.page(address_of(tool, "edit"))
    fields = {"name": "Find somebody", "node_type": "compute", "stale_after_seconds": "60", "metadata": '{"tier": 1}'}
    assert "crm-find is changed." in visitor.done(address_of(tool, "edit"), fields)
    changed = now(tool)
    assert (changed.name, changed.node_type, changed.metadata) == ("Find somebody", "compute", {"tier": 1})
    assert (changed.description, changed.category, changed.stale_after_seconds) == ("", "", 60)


def test_it_says_why_an_edit_is_refused(browse: Browse, bob: Person, tool: Tool) -> None:
    fields = {"name": "Find", "node_type": "effect", "stale_after_seconds": "300", "rate_limit": '{"burst": 1}'}
    assert "Give <code>per_second</code> or <code>per_minute</code>" in browse(bob).refused(
        address_of(tool, "edit"), fields
    )
    assert now(tool).name == "Find contact"


def test_it_publishes_a_version_that_starts_from_the_one_before(browse: Browse, bob: Person, tool: Tool) -> None:
    visitor = browse(bob)
    page = visitor.page(address_of(tool, "publish"))
    assert 'value="1.1.0"' in page
    assert '"account"' in page
    said = visitor.done(address_of(tool, "publish"), facts(version="1.1.0", timeout_ms="900"))
    assert "Version 1.1.0 is published." in said
    with within(tool.tenant_id):  # type: ignore[arg-type]
        assert ToolVersion.objects.get(version="1.1.0").timeout_ms == 900


def test_it_names_what_a_version_would_break(browse: Browse, bob: Person, tool: Tool) -> None:
    schema = {**FIND_CONTACT["input_schema"], "required": ["account", "email"]}
    said = browse(bob).refused(address_of(tool, "publish"), facts(version="1.1.0", input_schema=json.dumps(schema)))
    assert "email" in said
    with within(tool.tenant_id):  # type: ignore[arg-type]
        assert ToolVersion.objects.count() == 1


def test_it_switches_a_tool_off_and_on(browse: Browse, bob: Person, tool: Tool) -> None:
    visitor = browse(bob)
    assert "Every call of it by agents is refused" in visitor.page(address_of(tool, "disable"))
    assert "crm-find is disabled." in visitor.done(address_of(tool, "disable"))
    assert not now(tool).enabled
    assert address_of(tool) in visitor.page(list_of(Tool), {"state": "disabled"})
    assert "Agents can call it from the next call on." in visitor.page(address_of(tool, "enable"))
    assert "crm-find is enabled." in visitor.done(address_of(tool, "enable"))
    assert now(tool).enabled


def test_it_retires_a_tool_and_keeps_its_page(browse: Browse, bob: Person, tool: Tool) -> None:
    visitor = browse(bob)
    assert "This cannot be undone." in visitor.page(address_of(tool, "retire"))
    assert "crm-find is retired." in visitor.done(address_of(tool, "retire"))
    assert address_of(tool) not in visitor.page(list_of(Tool))
    assert address_of(tool) in visitor.page(list_of(Tool), {"state": "retired"})
    page = visitor.page(address_of(tool))
    assert ">Retired</span>" in page
    assert not any(address_of(tool, act) in page for act in ("edit", "publish", "enable", "disable", "retire"))
    assert "There is no such tool for you." in visitor.refused(address_of(tool, "retire"))


def test_it_tells_a_tools_history(browse: Browse, alice: Person, tool: Tool) -> None:
    assert "tool.registered" in browse(alice).page(address_of(tool, "history"))


# --- Tools that all tenants share ---


def test_it_lets_a_tenant_switch_a_shared_tool_for_itself(
    browse: Browse, bob: Person, mallory: Person, clock: Tool
) -> None:
    visitor = browse(bob)
    assert "your tenant's agents" in visitor.page(address_of(clock, "disable"))
    visitor.done(address_of(clock, "disable"))
    assert ">Disabled</span>" in visitor.page(address_of(clock))
    assert ">Disabled</span>" not in browse(mallory).page(address_of(clock))
    assert now(clock).enabled
    visitor.done(address_of(clock, "enable"))
    with within(bob.tenant_id):
        assert TenantTool.objects.get().enabled


@pytest.mark.parametrize("act", ["edit", "publish", "retire", "enable-for-all", "disable-for-all"])
def test_it_keeps_a_tenant_from_changing_a_shared_tool(browse: Browse, alice: Person, clock: Tool, act: str) -> None:
    visitor = browse(alice)
    assert address_of(clock, act) not in visitor.page(address_of(clock))
    assert visitor.get(address_of(clock, act)).status_code == 403
    assert visitor.post(address_of(clock, act), facts()).status_code == 403
    assert (now(clock).name, now(clock).enabled, now(clock).retired_at) == ("Clock", True, None)


def test_it_lets_the_platforms_owner_change_a_shared_tool(browse: Browse, platform_owner: Person, clock: Tool) -> None:
    visitor = browse(platform_owner)
    visitor.done(address_of(clock, "edit"), {"name": "Time", "node_type": "compute", "stale_after_seconds": "300"})
    visitor.done(address_of(clock, "disable-for-all"))
    assert (now(clock).name, now(clock).enabled) == ("Time", False)
    assert "Agents of every tenant" in visitor.page(address_of(clock, "enable-for-all"))
    visitor.done(address_of(clock, "enable-for-all"))
    fields = facts(version="1.1.0", transport="builtin", definition='{"function": "clock"}', input_schema="{}")
    visitor.done(address_of(clock, "publish"), fields)
    visitor.done(address_of(clock, "retire"))
    assert now(clock).retired_at is not None


def test_it_lets_the_platforms_owner_register_a_shared_tool(
    browse: Browse, platform_owner: Person, mallory: Person
) -> None:
    visitor = browse(platform_owner)
    assert "Shared by all tenants" in visitor.page(ADD)
    visitor.done(ADD, facts(shared="on"))
    assert "crm-find" in browse(mallory).page(list_of(Tool))


def test_it_takes_no_shared_tool_from_anybody_else(browse: Browse, alice: Person, mallory: Person) -> None:
    browse(alice).done(ADD, facts(shared="on"))
    assert "crm-find" not in browse(mallory).page(list_of(Tool))


def test_it_says_who_may_enable_what_the_platforms_owner_switched_off(
    browse: Browse, bob: Person, clock: Tool, scout: Agent
) -> None:
    with platform():
        Tool.objects.filter(id=clock.id).update(enabled=False)
    visitor = browse(bob)
    assert address_of(clock, "enable") not in visitor.page(address_of(clock))
    assert "Only the platform's owner can switch it on." in visitor.refused(address_of(clock, "enable"))
