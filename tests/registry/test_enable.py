import pytest

from accounts.errors import Forbidden
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.enable import disable_tool, enable_tool
from registry.errors import ToolDisabled, ToolNotFound
from registry.models import TenantTool, Tool
from tests.catalogue import Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share


def enable(tenant: Tenant, tool: Tool) -> None:
    with within(tenant.id):
        enable_tool(tool=tool, by=manager_of(tenant))


def disable(tenant: Tenant, tool: Tool) -> None:
    with within(tenant.id):
        disable_tool(tool=tool, by=manager_of(tenant))


def switched_on(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        on = list(Tool.objects.switched_on().values_list("slug", flat=True))
        off = list(Tool.objects.switched_off().values_list("slug", flat=True))
        assert sorted(on + off) == sorted(Tool.objects.values_list("slug", flat=True))
        return on


def test_it_switches_a_tool_off_and_on(acme: Tenant, register: Register) -> None:
    tool = register()
    before = generation(acme)
    disable(acme, tool)
    assert switched_on(acme) == []
    assert last_entry("tool.disabled").subject == f"tool:{tool.id}"
    enable(acme, tool)
    assert switched_on(acme) == ["crm-find"]
    assert actions() == ["tool.registered", "tool.disabled", "tool.enabled"]
    assert generation(acme) == before + 2


def test_it_does_nothing_the_second_time(acme: Tenant, register: Register) -> None:
    tool = register()
    enable(acme, tool)
    disable(acme, tool)
    disable(acme, tool)
    assert actions() == ["tool.registered", "tool.disabled"]


def test_it_switches_a_shared_tool_off_for_one_tenant_only(acme: Tenant, globex: Tenant) -> None:
    tool = share()
    before = generation(globex)
    disable(acme, tool)
    assert (switched_on(acme), switched_on(globex)) == ([], ["crm-find"])
    assert last_entry("tool.disabled").tenant_id == acme.id
    assert generation(globex) == before
    disable(acme, tool)
    enable(acme, tool)
    enable(acme, tool)
    assert switched_on(acme) == ["crm-find"]
    assert actions() == ["tool.registered", "tool.disabled", "tool.enabled"]


def test_it_makes_no_fuss_about_enabling_a_shared_tool_that_is_on(acme: Tenant) -> None:
    tool = share()
    enable(acme, tool)
    assert actions() == ["tool.registered"]


def test_it_enables_nothing_that_the_platform_switched_off(acme: Tenant) -> None:
    tool = share()
    with platform():
        disable_tool(tool=tool, by=INSTALLATION)
        tool.refresh_from_db()
        assert list(Tool.objects.switched_off()) == [tool]
    assert switched_on(acme) == []
    with pytest.raises(ToolDisabled, match="for all tenants"):
        enable(acme, tool)
    with within(acme.id):
        assert not TenantTool.objects.exists()


def test_it_tells_every_tenant_when_the_platform_switches(acme: Tenant, globex: Tenant) -> None:
    tool = share()
    before = generation(acme), generation(globex)
    with platform():
        disable_tool(tool=tool, by=INSTALLATION)
        enable_tool(tool=Tool.objects.get(), by=INSTALLATION)
    assert (generation(acme), generation(globex)) == (before[0] + 2, before[1] + 2)


def test_it_keeps_tenants_out_of_the_platforms_scope(acme: Tenant) -> None:
    tool = share()
    with platform(), pytest.raises(Forbidden):
        disable_tool(tool=tool, by=manager_of(acme))


def test_it_switches_nothing_of_another_tenant(acme: Tenant, globex: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ToolNotFound):
        disable(globex, tool)
    assert switched_on(acme) == ["crm-find"]
