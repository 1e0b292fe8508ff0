"""A version whose calls go out with several connections has a circuit for each of them."""

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.breakers.circuit import State
from registry.breakers.state import standings, troubled_versions
from registry.models import ToolVersion
from tests.catalogue import Register
from tests.connections import Connect
from tests.corridor import Corridor
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

DEFINITION = {"connector": "parcels", "method": "GET", "url": "/contacts"}


def test_it_tells_the_worst_of_them_and_each_by_itself(
    acme: Tenant, corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    tenants = connect_parcels(slug="tenants", is_default=True)
    adas = connect_parcels(slug="adas", end_user="ada")
    tool = register(definition=DEFINITION, read_only=True, breaker={"minimum_calls": 1})
    upstream.will(Scripted(), Scripted(503))
    corridor.call("crm-find", {"account": 7}, end_user="ada")
    corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        [version] = ToolVersion.objects.filter(tool=tool).select_related("tool")
        assert standings(acme.id, [version])[0].state is State.OPEN
        assert standings(acme.id, [version], connection_id=tenants.id)[0].state is State.OPEN
        own = standings(acme.id, [version], connection_id=adas.id)[0]
    assert (own.state, own.calls, own.lets_calls_in) == (State.CLOSED, 1, True)
    assert troubled_versions(acme.id) == [version.id]


def test_one_that_closes_leaves_the_others_in_trouble(
    acme: Tenant, corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels(slug="tenants", is_default=True)
    connect_parcels(slug="adas", end_user="ada")
    settings = {"minimum_calls": 1, "open_seconds": 1, "trials": 1}
    tool = register(definition=DEFINITION, read_only=True, breaker=settings)
    upstream.will(Scripted(503), Scripted(503), Scripted())
    for user in ("", "ada"):
        corridor.call("crm-find", {"account": 7}, end_user=user)
    while len(upstream.received) < 3:  # until ada's circuit lets its trial in
        corridor.call("crm-find", {"account": 7}, end_user="ada")
    with within(acme.id):
        [version] = ToolVersion.objects.filter(tool=tool).select_related("tool")
        assert standings(acme.id, [version])[0].state is State.OPEN
    assert troubled_versions(acme.id) == [version.id]
