from typing import Any

import pytest

from integrations.errors import BadConnector
from integrations.format.read import MOST_FAULTS, read_connector
from integrations.format.types import AuthType, Check, Connector, Placement
from tests.integrations.format.samples import ACTION, CONNECTOR, faults_in, read


def test_it_fills_in_what_was_not_written() -> None:
    parcels = read()
    assert parcels == Connector(
        slug="parcels",
        name="Parcels",
        category="commerce",
        description="Parcels and where they are.",
        docs_url="",
        base_url="https://api.parcels.example/v1",
        variables=(),
        auth=parcels.auth,
        actions=parcels.actions,
        check=Check(method="GET", url="/me"),
    )
    assert (parcels.auth[0].title, parcels.auth[0].placement) == ("API key", Placement(name="X-Api-Key"))


def test_it_takes_whatever_a_connector_can_say() -> None:
    said: dict[str, Any] = {
        "docs": "https://parcels.example/docs",
        "base_url": "https://{shop}.parcels.example/",
        "variables": {"shop": {"example": "acme"}},
        "hosts": ["files.parcels.example", "{shop}.cdn.parcels.example"],
        "headers": {"X-Version": "2"},
        "check": {"call": "POST /check", "query": {"a": "b"}, "body": {"c": 1}, "account": "name"},
        "error_when": "!ok",
        "error_message": "error",
        "rate_limit": {"per_minute": 50},
        "retries": {"attempts": 3},
        "pagination": {"style": "cursor"},
        "webhook": "parcels",
        "per_user": True,
    }
    parcels = read(said)
    assert (parcels.base_url, parcels.docs_url) == ("https://{shop}.parcels.example", "https://parcels.example/docs")
    assert parcels.check == Check("POST", "/check", {"a": "b"}, {"c": 1}, "name")
    assert (parcels.hosts, parcels.headers) == (tuple(said["hosts"]), {"X-Version": "2"})
    assert (parcels.error_when, parcels.error_message, parcels.webhook) == ("!ok", "error", "parcels")
    assert (parcels.rate_limit, parcels.retries) == ({"per_minute": 50}, {"attempts": 3})
    assert (parcels.pagination, parcels.per_user) == ({"style": "cursor"}, True)


def test_it_describes_a_variable_by_its_name_and_place() -> None:
    (shop,) = read({"base_url": "https://{shop_name}.example", "variables": {"shop_name": {}}}).variables
    assert (shop.title, shop.pattern, shop.kept) == ("Shop name", "[A-Za-z0-9-]+", False)
    (origin,) = read({"base_url": "{origin}/api", "variables": {"origin": {}}}).variables
    assert origin.pattern == r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?"


def test_it_asks_nobody_who_they_are_where_there_is_no_way_to_say_it() -> None:
    parcels = read_connector("parcels", {name: CONNECTOR[name] for name in CONNECTOR if name != "auth"}, {"a": ACTION})
    assert [(way.name, way.type) for way in parcels.auth] == [("none", AuthType.NONE)]


def test_it_finds_ways_and_actions_by_name() -> None:
    parcels = read()
    assert (parcels.way("key"), parcels.action("send")) == (parcels.auth[0], parcels.actions[0])
    assert (parcels.way("other"), parcels.action("other")) == (None, None)


def test_it_tells_all_that_is_wrong_at_once() -> None:
    faults = faults_in({"colour": "red", "name": 7}, send={"call": "POST /parcels", "descripton": "x"})
    assert faults["$.connector.colour"].startswith("There is no such field here. Known: auth, base_url, category,")
    assert faults["$.connector.name"] == 'This is not of type "string".'
    assert faults["$.actions.send.description"] == "This is missing."
    assert faults["$.actions.send.descripton"].startswith("There is no such field here.")


@pytest.mark.parametrize("document", [None, [], "text", 7, {"connector": {}}])
def test_it_refuses_what_is_no_document(document: Any) -> None:
    with pytest.raises(BadConnector) as refused:
        read_connector("parcels", document, document)
    assert {fault.path.split(".")[1] for fault in refused.value.faults} == {"connector", "actions"}


def test_it_tells_no_more_faults_than_anybody_reads() -> None:
    with pytest.raises(BadConnector) as refused:
        read_connector("parcels", CONNECTOR, {f"a{number}": {} for number in range(1000)})
    assert len(refused.value.faults) == MOST_FAULTS


def test_it_refuses_more_actions_than_anybody_has() -> None:
    faults = faults_in(**{f"a{number}": ACTION for number in range(3001)})
    assert faults == {"$.actions": "This has more than 3000 properties."}
