from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Tenant
from accounts.tenancy import platform, within
from registry.errors import ToolNotFound
from registry.models import Tool, ToolVersion
from registry.sunset import deprecate_version, retire_version
from tests.catalogue import Register, manager_of
from tests.registry.trail import INSTALLATION, actions, generation, last_entry, share


def version_of(tool: Tool) -> ToolVersion:
    with platform():
        return ToolVersion.objects.select_related("tool").get(tool=tool)


def deprecate(tenant: Tenant, tool: Tool, sunset_at: datetime | None = None) -> ToolVersion:
    with within(tenant.id):
        return deprecate_version(version=version_of(tool), by=manager_of(tenant), sunset_at=sunset_at)


def retire(tenant: Tenant, tool: Tool) -> ToolVersion:
    with within(tenant.id):
        return retire_version(version=version_of(tool), by=manager_of(tenant))


def test_it_deprecates_a_version_until_its_sunset(acme: Tenant, register: Register) -> None:
    tool = register()
    before = generation(acme)
    end = timezone.now() + timedelta(days=30)
    deprecate(acme, tool, end)
    assert (version_of(tool).state, version_of(tool).sunset_at) == ("deprecated", end)
    assert last_entry("version.deprecated").detail == {"tool": str(tool.id), "version": "1.0.0"}
    assert generation(acme) == before + 1


def test_it_sets_another_date_and_does_nothing_for_the_same(acme: Tenant, register: Register) -> None:
    tool = register()
    deprecate(acme, tool)
    deprecate(acme, tool)
    deprecate(acme, tool, timezone.now() + timedelta(days=1))
    assert actions() == ["tool.registered", "version.deprecated", "version.deprecated"]


def test_it_refuses_a_sunset_that_has_passed(acme: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(Invalid) as refusal:
        deprecate(acme, tool, timezone.now())
    assert [fault.path for fault in refusal.value.faults] == ["$.sunset_at"]
    assert version_of(tool).state == "published"


def test_it_retires_a_version_for_good(acme: Tenant, register: Register) -> None:
    tool = register()
    retire(acme, tool)
    assert version_of(tool).state == "retired"
    for verb in (retire, deprecate):
        with pytest.raises(Conflict, match="is retired, and stays so"):
            verb(acme, tool)
    assert actions() == ["tool.registered", "version.retired"]


def test_it_leaves_shared_tools_to_the_platforms_owner(acme: Tenant) -> None:
    tool = share()
    with pytest.raises(Forbidden):
        deprecate(acme, tool)
    with platform():
        assert retire_version(version=version_of(tool), by=INSTALLATION).state == "retired"


def test_it_takes_back_nothing_of_another_tenant(globex: Tenant, register: Register) -> None:
    tool = register()
    with pytest.raises(ToolNotFound):
        retire(globex, tool)
    assert version_of(tool).state == "published"
