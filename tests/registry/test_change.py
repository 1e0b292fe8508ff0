from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.errors import Forbidden, Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.change import change_tool
from registry.errors import Immutable, ToolNotFound
from registry.health import report_heartbeat
from registry.models import Tool, ToolHealth
from registry.retire import retire_tool
from tests.catalogue import Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share


def change(tenant: Tenant, tool: Tool, **changes: Any) -> Tool:
    with within(tenant.id):
        return change_tool(tool=tool, by=manager_of(tenant), changes=changes)


def health(tool: Tool) -> ToolHealth:
    with platform():
        return ToolHealth.objects.get(tool=tool)


def test_it_sets_what_is_named_and_leaves_the_rest(acme: Tenant, register: Register) -> None:
    tool = register(category="crm")
    change(acme, tool, name="Look up contact", metadata={"team": "sales"}, rate_limit={"per_minute": 5})
    with within(acme.id):
        kept = Tool.objects.get(id=tool.id)
    assert (kept.name, kept.metadata, kept.rate_limit) == ("Look up contact", {"team": "sales"}, {"per_minute": 5})
    assert kept.category == "crm"
    assert kept.updated_at > tool.updated_at


def test_it_records_the_fields_and_makes_processes_look_again(acme: Tenant, register: Register) -> None:
    tool = register()
    before = generation(acme)
    change(acme, tool, name="Look up contact", category="crm")
    entry = last_entry("tool.changed")
    assert (entry.subject, entry.detail) == (f"tool:{tool.id}", {"fields": ["category", "name"]})
    assert generation(acme) == before + 1


def test_it_does_nothing_when_nothing_changes(acme: Tenant, register: Register) -> None:
    tool = register()
    before = generation(acme)
    change(acme, tool, name=tool.name)
    change(acme, tool)
    assert actions() == ["tool.registered"]
    assert generation(acme) == before


@pytest.mark.parametrize("name", ["input_schema", "version", "definition", "timeout_ms", "system_prompt", "slug"])
def test_it_changes_nothing_that_was_published(acme: Tenant, register: Register, name: str) -> None:
    tool = register()
    with pytest.raises(Immutable) as refusal:
        change(acme, tool, **{name: "x", "category": "crm"})
    assert [fault.path for fault in refusal.value.faults] == [f"$.{name}"]
    assert actions() == ["tool.registered"]


@pytest.mark.parametrize("name", ["id", "tenant_id", "retired_at", "enabled", "colour"])
def test_it_refuses_fields_that_are_no_facts(acme: Tenant, register: Register, name: str) -> None:
    tool = register()
    with pytest.raises(Invalid, match="cannot be changed"):
        change(acme, tool, **{name: "x"})
    assert actions() == ["tool.registered"]


def test_it_refuses_bad_facts_and_keeps_the_old_ones(acme: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(Invalid) as refusal:
        change(acme, tool, metadata=[], health_endpoint="gopher://crm")
    assert [fault.path for fault in refusal.value.faults] == ["$.metadata", "$.health_endpoint"]
    with pytest.raises(ValidationError):
        change(acme, tool, node_type="monad")
    with within(acme.id):
        assert Tool.objects.get(id=tool.id).metadata == {}


def test_it_refuses_a_tool_that_all_share(acme: Tenant) -> None:
    tool = share()
    with pytest.raises(Forbidden, match="All tenants share the tool `crm-find`"):
        change(acme, tool, name="Mine")
    with platform():
        assert change_tool(tool=tool, by=INSTALLATION, changes={"name": "Ours"}).name == "Ours"


def test_it_finds_no_tool_of_another_tenant(globex: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ToolNotFound):
        change(globex, tool, name="Mine")
    assert actions() == ["tool.registered"]


def test_it_finds_no_retired_tool(acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id):
        retire_tool(tool=tool, by=manager_of(acme))
    with pytest.raises(ToolNotFound):
        change(acme, tool, name="Alive")


def test_it_asks_a_new_health_endpoint_at_once_and_a_removed_one_never(acme: Tenant, register: Register) -> None:
    tool = register()
    assert health(tool).probe_at is None
    change(acme, tool, health_endpoint="https://crm.example/health")
    assert health(tool).probe_at is not None
    with platform():
        ToolHealth.objects.update(status="failing", detail="HTTP 500")
    change(acme, tool, health_endpoint="")
    assert (health(tool).probe_at, health(tool).status, health(tool).detail) == (None, "unknown", "")


def test_it_plans_anew_when_a_tool_turns_stale_and_is_retired(acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id):
        heard = report_heartbeat(tool=tool, by=manager_of(acme)).last_heartbeat
    assert heard is not None
    change(acme, tool, stale_after_seconds=10, retire_after_seconds=100)
    now = health(tool)
    assert now.stale_at is not None
    assert now.retire_at is not None
    assert [(moment - heard).total_seconds() for moment in (now.stale_at, now.retire_at)] == [10, 100]
    change(acme, tool, retire_after_seconds=None)
    assert health(tool).retire_at is None
