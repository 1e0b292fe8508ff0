"""A call for an end user goes out with their connection, by whatever way it comes."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import Connection
from registry.execution.resume import resume
from registry.execution.types import Mode
from registry.models import Execution
from tests.catalogue import Register
from tests.connections import Connect
from tests.corridor import Corridor
from tests.doors import Api
from tests.registry.messages.shapes import anthropic, use
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

DEFINITION = {"connector": "parcels", "method": "POST", "url": "/contacts"}
CALL = {"tool": "crm-find", "input": {"account": 7}}


@pytest.fixture(autouse=True)
def adas(register: Register, connect_parcels: Connect) -> Connection:
    connect_parcels(slug="tenants", is_default=True)
    register(definition=DEFINITION)
    register(slug="plain")
    return connect_parcels(slug="adas", end_user="ada")


def used(tenant: Tenant) -> list[Any]:
    """The slugs of the connections that calls of crm-find went out with."""
    with within(tenant.id):
        slugs: dict[Any, str] = dict(Connection.objects.values_list("id", "slug"))
        rows = Execution.objects.filter(tool_slug="crm-find").order_by("id")
        return [slugs[id_] for id_ in rows.values_list("connection_id", flat=True)]


def test_each_door_takes_an_end_user(acme: Tenant, corridor: Corridor) -> None:
    corridor.post("tools/crm-find/execute/", {"input": {"account": 7}, "end_user": "ada"})
    corridor.post("executions/", {**CALL, "end_user": "ada"})
    corridor.post("executions/batch/", {"calls": [{"id": "a", **CALL}], "end_user": "ada"})
    corridor.post("executions/anthropic/?end_user=ada", anthropic(use("toolu_1", "crm-find", account=7)))
    assert used(acme) == ["adas"] * 4


def test_a_batch_and_a_composite_hand_the_end_user_on(acme: Tenant, corridor: Corridor, register: Register) -> None:
    """To tools that know none, too: nobody's account is in question there."""
    calls = [{"id": "a", **CALL}, {"id": "b", **CALL, "tool": "plain"}]
    register(slug="both", transport="composite", definition={"calls": calls}, input_schema={"type": "object"})
    batch = corridor.post("executions/batch/", {"calls": calls, "end_user": "ada"})
    assert [outcome["status"] for outcome in batch.json()["outcomes"]] == ["succeeded", "succeeded"]
    assert corridor.call("both", {}, end_user="ada").status == "succeeded"
    assert used(acme) == ["adas", "adas"]


def test_a_call_that_is_taken_up_goes_on_for_its_end_user(acme: Tenant, corridor: Corridor) -> None:
    outcome = corridor.call("crm-find", {"account": 7}, mode=Mode.ASYNC, end_user="ada")
    corridor.loop.run(resume(acme.id, outcome.id))
    assert used(acme) == ["adas"]


def test_a_composite_gives_nobody_what_it_kept_for_somebody_else(
    corridor: Corridor, register: Register, connect_parcels: Connect, upstream: Upstream
) -> None:
    connect_parcels(slug="graces", end_user="grace")
    register(slug="reads", definition=DEFINITION, read_only=True)
    made_of = {"calls": [{"id": "a", **CALL, "tool": "reads"}]}
    kept = {"input_schema": {"type": "object"}, "read_only": True, "cache_seconds": 60}
    register(slug="mine", transport="composite", definition=made_of, **kept)
    users = ("ada", "ada", "grace", "")
    assert [corridor.call("mine", {}, end_user=user).cached for user in users] == [False, True, False, False]
    assert len(upstream.received) == 3


def test_a_key_stands_for_one_end_user(acme: Tenant, corridor: Corridor) -> None:
    first, again, another = (
        corridor.call("crm-find", {"account": 7}, idempotency_key="once", end_user=user) for user in ("ada", "ada", "")
    )
    assert again.id == first.id
    assert another.error is not None
    assert another.error["code"] == "idempotency_conflict"


def test_explaining_tells_the_connection(api: Api) -> None:
    for more, slug in (({"end_user": "ada"}, "adas"), ({}, "tenants")):
        told = api.post("executions/explain/", {**CALL, **more}).json()
        assert (told["connection"], told["problem"]) == (slug, None)
    told = api.post("executions/explain/", {**CALL, "end_user": "grace"}).json()
    assert (told["connection"], told["problem"]["code"]) == (None, "connection_missing")
    told = api.post("executions/explain/", {**CALL, "tool": "plain", "end_user": "ada"}).json()
    assert told["problem"]["code"] == "invalid_input"
