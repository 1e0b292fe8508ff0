from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.authenticate import authenticate
from accounts.limits import Limits
from accounts.models import Tenant
from accounts.tenancy import platform, within
from accounts.tenants import bump_generation
from registry.execution.resolve import find_target, resolve
from registry.models import TenantTool, Tool
from registry.models.execution import Status
from registry.register import register_tool
from tests.cast import CASTING
from tests.catalogue import FIND_CONTACT, Register
from tests.corridor import Corridor
from tests.registry.execution.calls import a_call

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shared_tool() -> Tool:
    with platform():
        return register_tool(by=CASTING, spec={**FIND_CONTACT, "slug": "shared-find"}, shared=True)


def refusal(corridor: Corridor, tool: str, **more: str) -> str:
    outcome = corridor.call(tool, {"account": 7}, **more)
    assert outcome.status == Status.REFUSED
    assert outcome.error is not None
    code: str = outcome.error["code"]
    return code


def test_it_does_not_know_a_tool_that_is_not_there(corridor: Corridor) -> None:
    assert refusal(corridor, "nobody") == "tool_not_found"


def test_it_does_not_know_another_tenants_tool(spy_corridor: Corridor, register: Register) -> None:
    register()
    assert refusal(spy_corridor, "crm-find") == "tool_not_found"


def test_it_does_not_know_a_retired_tool(acme: Tenant, corridor: Corridor, register: Register) -> None:
    tool = register()
    with within(acme.id):
        Tool.objects.filter(id=tool.id).update(retired_at=timezone.now())
        bump_generation(acme.id)
    assert refusal(corridor, "crm-find") == "tool_not_found"


def test_it_refuses_a_disabled_tool_from_the_next_call_on(acme: Tenant, corridor: Corridor, register: Register) -> None:
    tool = register()
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    with within(acme.id):
        Tool.objects.filter(id=tool.id).update(enabled=False)
        bump_generation(acme.id)
    assert refusal(corridor, "crm-find") == "tool_disabled"


def test_it_refuses_a_shared_tool_that_the_tenant_switched_off(
    acme: Tenant, corridor: Corridor, shared_tool: Tool
) -> None:
    with within(acme.id):
        TenantTool.objects.create(tenant=acme, tool=shared_tool, enabled=False)
        bump_generation(acme.id)
    assert refusal(corridor, "shared-find") == "tool_disabled"


def test_it_says_which_versions_there_are(corridor: Corridor, register: Register) -> None:
    register()
    outcome = corridor.call("crm-find", {"account": 7}, version="^2")
    assert outcome.error is not None
    assert outcome.error["code"] == "version_not_found"
    assert outcome.error["detail"] == "No version of `crm-find` fits `^2`. There are: 1.0.0."


def test_it_refuses_what_is_no_range(corridor: Corridor, register: Register) -> None:
    register()
    assert refusal(corridor, "crm-find", version="the good one") == "invalid_input"


def test_it_keeps_to_the_tenants_pin_of_a_shared_tool(acme: Tenant, shared_tool: Tool) -> None:
    with within(acme.id):
        TenantTool.objects.create(tenant=acme, tool=shared_tool, version_range="1.0.0", rate_limit={"per_minute": 3})
    target = find_target(acme.id, "shared-find", "")
    assert (target.version, target.limits, target.own_limits) == ("1.0.0", None, Limits(rate={"per_minute": 3}))


def test_it_carries_the_tenants_own_networks(acme: Tenant, register: Register) -> None:
    register()
    with within(acme.id):
        Tenant.objects.update(egress_networks=["127.0.0.1/32"])
    assert find_target(acme.id, "crm-find", "").egress_networks == ("127.0.0.1/32",)


def test_it_costs_five_queries_and_then_none(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    with CaptureQueriesContext(connection) as asked:
        find_target(acme.id, "crm-find", "")
    reads = [query["sql"] for query in asked.captured_queries if query["sql"].startswith('SELECT "')]
    assert len(reads) == 5
    with CaptureQueriesContext(connection) as asked:
        find_target(acme.id, "crm-find", "^1")
    assert "registry_permissionrule" not in str(asked.captured_queries)  # kept for all tools of this generation
    corridor.call("crm-find", {"account": 7})
    caller = authenticate(f"Bearer {corridor.key}")
    kept = corridor.loop.run(resolve(a_call(caller=caller)))
    assert corridor.loop.run(resolve(a_call(caller=caller))) is kept


def test_it_lets_a_deprecated_version_be_called_until_its_sunset(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    tool = register()
    with within(acme.id):
        tool.versions.update(state="deprecated", sunset_at=timezone.now() + timedelta(days=1))
        bump_generation(acme.id)
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
