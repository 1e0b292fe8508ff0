"""The section "Limits" on the pages of a tool, an agent and a tenant."""

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import platform, within
from registry.models import TenantTool
from registry.register import register_tool
from tests.browsing import Browse, address_of
from tests.cast import CASTING
from tests.catalogue import Register

pytestmark = pytest.mark.django_db


def test_it_shows_the_limits_of_a_tool_and_their_use(browse: Browse, alice: Person, register: Register) -> None:
    tool = register(rate_limit={"per_minute": 60, "burst": 10}, quota={"per_day": 1000})
    page = browse(alice).page(address_of(tool))
    assert "60 calls per minute, 10 at once" in page
    assert "0 of 10" in page
    assert "1,000 calls per day (UTC)" in page
    assert "0 of 1,000" in page


def test_it_says_that_there_is_none(browse: Browse, alice: Person, register: Register) -> None:
    assert "None: it may be called as often as one likes" in browse(alice).page(address_of(register()))


def test_it_shows_those_of_agents_and_tenants(browse: Browse, acme: Tenant, alice: Person, scout: Agent) -> None:
    with within(acme.id):
        Agent.objects.update(concurrency={"most": 5})
        Tenant.objects.update(quota={"per_month": 9})
    visitor = browse(alice)
    assert "5 at the same time" in visitor.page(address_of(scout))
    assert "9 calls per month (UTC)" in visitor.page(address_of(acme))


def test_it_sets_all_limits_in_a_form(browse: Browse, acme: Tenant, alice: Person, register: Register) -> None:
    tool = register()
    fields = {"name": "Find", "node_type": "effect", "stale_after_seconds": "300"}
    more = {"concurrency": '{"most": 3}', "quota": '{"per_day": 10}'}
    assert "3 at the same time" in browse(alice).done(address_of(tool, "edit"), {**fields, **more})
    with within(acme.id):
        tool.refresh_from_db()
    assert (tool.rate_limit, tool.concurrency, tool.quota) == (None, {"most": 3}, {"per_day": 10})


def test_it_sets_a_tenants_own_limits_for_a_shared_tool(
    browse: Browse, acme: Tenant, alice: Person, vera: Person, register: Register
) -> None:
    with platform():
        spec = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin"}
        clock = register_tool(by=CASTING, spec={**spec, "definition": {"function": "clock"}}, shared=True)
    visitor, address = browse(alice), address_of(clock, "limits")
    assert "Own limits" not in visitor.page(address_of(register()))
    assert "7 calls per day (UTC)" in visitor.done(address, {"quota": '{"per_day": 7}'})
    assert '"per_day": 7' in visitor.page(address)
    said = visitor.refused(address, {"quota": '{"per_week": 7}'})
    assert "per_week: There is no such field here" in said
    assert browse(vera).post(address, {"quota": ""}).status_code == 403
    with within(acme.id):
        assert TenantTool.objects.get().quota == {"per_day": 7}
