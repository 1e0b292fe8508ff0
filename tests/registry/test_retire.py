import pytest

from accounts.errors import Forbidden
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.errors import ToolNotFound
from registry.health import report_heartbeat
from registry.models import Tool, ToolHealth, ToolVersion
from registry.retire import retire_tool
from tests.catalogue import Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share


def retire(tenant: Tenant, tool: Tool) -> None:
    with within(tenant.id):
        retire_tool(tool=tool, by=manager_of(tenant))


def test_it_frees_the_slug_and_keeps_the_versions(acme: Tenant, register: Register) -> None:
    old = register()
    before = generation(acme)
    retire(acme, old)
    assert generation(acme) == before + 1
    new = register()
    with within(acme.id):
        assert list(Tool.objects.living()) == [new]
        assert ToolVersion.objects.filter(tool=old).count() == 1
    assert last_entry("tool.retired").subject == f"tool:{old.id}"


def test_it_plans_nothing_for_a_retired_tool(acme: Tenant, register: Register) -> None:
    tool = register(health_endpoint="https://crm.example/health", retire_after_seconds=60)
    with within(acme.id):
        report_heartbeat(tool=tool, by=manager_of(acme))
    retire(acme, tool)
    with within(acme.id):
        health = ToolHealth.objects.get(tool=tool)
    assert (health.status, health.stale_at, health.retire_at, health.probe_at) == ("unknown", None, None, None)


def test_it_retires_a_tool_once(acme: Tenant, register: Register) -> None:
    tool = register()
    retire(acme, tool)
    with pytest.raises(ToolNotFound):
        retire(acme, tool)
    assert actions() == ["tool.registered", "tool.retired"]


def test_it_leaves_shared_tools_to_the_platforms_owner(acme: Tenant) -> None:
    tool = share()
    with pytest.raises(Forbidden):
        retire(acme, tool)
    assert actions() == ["tool.registered"]
    with platform():
        retire_tool(tool=tool, by=INSTALLATION)
        assert not Tool.objects.living().exists()


def test_it_retires_nothing_of_another_tenant(globex: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ToolNotFound):
        retire(globex, tool)
    assert actions() == ["tool.registered"]
