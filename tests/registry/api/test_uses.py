import pytest

from accounts.models import Agent, Tenant
from tests.accounts.api.problems import refusal
from tests.connections import SECRET, Connect
from tests.corridor import Corridor
from tests.doors import Api

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_tells_which_tools_and_agents_use_a_connection(
    api: Api, corridor: Corridor, scout: Agent, connect_parcels: Connect
) -> None:
    connection = connect_parcels(slug="ours")
    api.post("connectors/parcels/install/", {"actions": ["find"]})
    corridor.call("parcels-find", {"id": 7})
    told = api.get("connections/ours/uses/").json()
    assert [(tool["slug"], tool["is_bound"]) for tool in told["tools"]] == [("parcels-find", False)]
    (late,) = told["lately"]
    assert (late["tool"], late["agent"], late["agent_id"], late["calls"]) == ("parcels-find", "scout", str(scout.id), 1)
    assert SECRET not in str(told)
    executions = corridor.get("executions/", {"connection": str(connection.id)}).json()["results"]
    assert [execution["tool"] for execution in executions] == ["parcels-find"]
    assert corridor.get("executions/", {"connection": str(scout.id)}).json()["results"] == []


def test_it_tells_another_tenant_nothing(spy_api: Api, connect_parcels: Connect, acme: Tenant) -> None:
    connect_parcels(slug="ours")
    assert refusal(spy_api.get("connections/ours/uses/"))[:2] == (404, "not_found")
