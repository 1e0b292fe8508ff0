"""Holding a circuit, by the verb, the API and the pages."""

from typing import Any

import pytest

from accounts.caller import Caller
from accounts.errors import Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from registry.breakers.circuit import State
from registry.breakers.hold import hold_breaker, release_breaker
from registry.breakers.state import standings
from registry.errors import NotHeld
from registry.live import board
from registry.models import Breaker, BreakerHold, Tool, ToolVersion
from registry.models.breaker import Hold
from registry.register import register_tool
from tests.browsing import Browse, address_of, list_of
from tests.cast import CASTING
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.doors import Api
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def version_of(tool: Tool, tenant: Tenant) -> ToolVersion:
    with within(tenant.id):
        return tool.versions.select_related("tool").get()


def actions(tenant: Tenant) -> list[tuple[str, Any]]:
    with within(tenant.id):
        rows = AuditEntry.objects.filter(action__startswith="breaker.").order_by("id")
        return [(row.action, row.detail["hold"]) for row in rows]


def test_it_holds_a_circuit_and_says_so(acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id):
        acme.refresh_from_db()
        before = acme.generation
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason=" maintenance ", by=CASTING)
        held = hold_breaker(tool=tool, version=None, hold=Hold.CLOSED, reason="it is well", by=CASTING)
        assert (BreakerHold.objects.count(), held.reason, held.by) == (1, "it is well", "system:tests")
        release_breaker(tool=tool, version=None, by=CASTING)
        with pytest.raises(NotHeld):
            release_breaker(tool=tool, version=None, by=CASTING)
        acme.refresh_from_db()
    assert acme.generation == before + 3
    assert actions(acme) == [("breaker.held", "open"), ("breaker.held", "closed"), ("breaker.released", "closed")]


def test_it_is_no_viewers_to_hold(acme: Tenant, register: Register) -> None:
    tool = register()
    viewer = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.VIEWER)
    with within(acme.id):
        with pytest.raises(Forbidden):
            hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="because", by=viewer)
        with pytest.raises(Forbidden):
            release_breaker(tool=tool, version=None, by=viewer)
        assert not BreakerHold.objects.exists()


def test_it_is_held_for_a_reason_and_by_a_tenant(acme: Tenant, register: Register) -> None:
    tool = register()
    with within(acme.id), pytest.raises(Invalid, match="held for a reason"):
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="  ", by=CASTING)
    with platform(), pytest.raises(Invalid, match="switch to a tenant"):
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="because", by=CASTING)


def test_it_holds_a_shared_tool_for_one_tenant(
    acme: Tenant, globex: Tenant, corridor: Corridor, spy_corridor: Corridor
) -> None:
    with platform():
        spec = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin", "read_only": True}
        tool = register_tool(by=CASTING, spec={**spec, "definition": {"function": "clock"}}, shared=True)
    with within(acme.id):
        hold_breaker(tool=tool, version=None, hold=Hold.OPEN, reason="not now", by=CASTING)
    assert corridor.call("clock", {}).error is not None
    assert spy_corridor.call("clock", {}).error is None


def test_it_is_held_and_released_by_the_api(acme: Tenant, scout: Agent, api: Api, register: Register) -> None:
    version = version_of(register(), acme)
    (shown,) = api.post(f"breakers/{version.id}/hold/", {"hold": "open", "reason": "maintenance"}).json()
    held = shown.pop("held")
    assert shown == {
        "tool": "crm-find",
        "version": "1.0.0",
        "version_id": str(version.id),
        "state": "closed",
        "opens_to_trials_at": None,
        "failures": 0,
        "calls": 0,
    }
    assert (held["hold"], held["reason"], held["by"]) == ("open", "maintenance", f"agent:{scout.id}")
    assert held["all_versions"] is False
    assert [row["held"]["hold"] for row in api.get("breakers/", {"state": "held"}).json()["results"]] == ["open"]
    assert api.post(f"breakers/{version.id}/release/").json()[0]["held"] is None
    assert api.post("breakers/crm-find/release/").status_code == 409
    assert api.post("breakers/crm-find/hold/", {"hold": "closed", "reason": "x"}).json()[0]["held"]["all_versions"]


@pytest.mark.parametrize("body", [{"hold": "ajar", "reason": "x"}, {"hold": "open"}, {"hold": "open", "reason": " "}])
def test_it_refuses_a_word_that_is_none(acme: Tenant, api: Api, register: Register, body: Any) -> None:
    register()
    assert api.post("breakers/crm-find/hold/", body).status_code == 422
    with within(acme.id):
        assert not BreakerHold.objects.exists()


def test_it_is_not_anothers_to_hold_or_see(acme: Tenant, spy_api: Api, register: Register) -> None:
    version = version_of(register(), acme)
    body = {"hold": "open", "reason": "mine now"}
    assert spy_api.post(f"breakers/{version.id}/hold/", body).status_code == 404
    assert spy_api.post("breakers/crm-find/hold/", body).status_code == 404
    assert spy_api.get("breakers/").json()["results"] == []


def test_it_shows_those_that_are_open(corridor: Corridor, api: Api, register: Register, upstream: Upstream) -> None:
    register(breaker={"minimum_calls": 2})
    register(slug="well")
    upstream.will(Scripted(500))
    for _ in range(2):
        corridor.call("crm-find", {"account": 7})
    (shown,) = api.get("breakers/", {"state": "troubled"}).json()["results"]
    assert (shown["tool"], shown["state"], shown["failures"], shown["calls"]) == ("crm-find", "open", 2, 2)
    assert shown["opens_to_trials_at"] is not None
    assert len(api.get("breakers/").json()["results"]) == 2
    assert [row["tool"] for row in api.get("breakers/", {"tool": "well"}).json()["results"]] == ["well"]


def test_it_counts_what_a_closed_one_has_seen(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    version = version_of(register(), acme)
    upstream.will(Scripted(200), Scripted(500))
    for _ in range(3):
        corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        (standing,) = standings(acme.id, [version])
    assert (standing.state, standing.failures, standing.calls, standing.lets_calls_in) == (State.CLOSED, 2, 3, True)


def test_it_does_not_know_while_redis_is_away(
    acme: Tenant, register: Register, settings: Any, tmp_path: Any, browse: Browse, alice: Person
) -> None:
    version = version_of(register(), acme)
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    board.forget()
    with within(acme.id):
        assert standings(acme.id, [version])[0].state is None
    assert "Redis is away" in browse(alice).page(list_of(Breaker))
    board.forget()


def test_it_is_held_in_the_browser(
    acme: Tenant, browse: Browse, bob: Person, register: Register, corridor: Corridor, upstream: Upstream
) -> None:
    tool = register(breaker={"minimum_calls": 1})
    upstream.will(Scripted(500))
    corridor.call("crm-find", {"account": 7})
    visitor = browse(bob)
    assert "1 of 1" in visitor.page(list_of(Breaker), {"state": "troubled"})
    with within(acme.id):
        breaker = Breaker.objects.select_related("tool").get()
    assert "50 % of at least 1 calls fail within 60 s" in visitor.page(address_of(breaker))
    said = visitor.done(address_of(breaker, "hold-breaker"), {"hold": "closed", "reason": "It is well again"})
    assert "The circuit is held from the next call on." in said
    assert "It is well again" in visitor.page(list_of(Breaker), {"state": "held"})
    assert "Held closed" in visitor.page(address_of(tool))
    assert "It is well again" in visitor.page("/admin/")
    assert "follows its calls again" in visitor.done(address_of(breaker, "release-breaker"))
    visitor.done(address_of(tool, "hold-breaker"), {"hold": "open", "reason": "Not today"})
    assert "Held open" in visitor.page(address_of(tool))
    visitor.done(address_of(tool, "release-breaker"))


def test_it_is_not_a_viewers_to_hold_in_the_browser(browse: Browse, vera: Person, register: Register) -> None:
    tool = register()
    visitor = browse(vera)
    assert "Hold circuit" not in visitor.page(address_of(tool))
    assert visitor.post(address_of(tool, "hold-breaker"), {"hold": "open", "reason": "x"}).status_code == 403
