from typing import Any

import pytest

from accounts.errors import Invalid, NotFound
from integrations.connections.entered import read_values, refuse_end_user, way_of
from integrations.format.auth import read_way
from tests.integrations.connections.test_address import connector

TOKEN = {"token": {"title": "Bot token", "secret": True, "pattern": "^xoxb-[a-z0-9-]+$"}}
WAY = read_way("token", {"type": "bearer", "fields": TOKEN})


def faults(entered: dict[str, Any]) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read_values(WAY, entered)
    said = [f"{fault.path}: {fault.message}" for fault in caught.value.faults]
    assert not any("xoxp" in line for line in said)
    return said


def test_it_takes_what_fits_the_ways_schema() -> None:
    assert read_values(WAY, {"token": "xoxb-1"}) == {"token": "xoxb-1"}


def test_it_refuses_what_does_not_fit_without_repeating_it() -> None:
    assert [line.partition(":")[0] for line in faults({"token": "xoxp-1"})] == ["$.values.token"]


def test_it_names_unknown_and_missing_fields() -> None:
    assert faults({"key": "xoxb-1"}) == [
        "$.values.key: There is no such field. There are: token.",
        '$.values: "token" is a required property',
    ]


@pytest.mark.parametrize("value", ["xoxb-1\r\nHost: evil.example", "xoxb-\x00", "xoxb-\ud800", "x" * 20_001, 7, None])
def test_it_refuses_what_is_no_line_of_text(value: Any) -> None:
    said = "$.values.token: Enter one line of at most 20,000 letters, without control characters."
    assert said in faults({"token": value})


def test_it_asks_the_type_what_no_schema_can_say() -> None:
    way = read_way("basic", {"type": "basic"})
    with pytest.raises(Invalid, match="cannot be used like this"):
        read_values(way, {"username": "a:b", "password": "p"})


def test_it_names_the_ways_that_there_are() -> None:
    found = connector(auth={"token": {"type": "bearer"}, "key": {"type": "basic"}}, check={"call": "/me"})
    assert way_of(found, "key").name == "key"
    with pytest.raises(NotFound, match="There are: `token`, `key`"):
        way_of(found, "oauth")


def test_it_refuses_end_users_where_the_connector_knows_none() -> None:
    refuse_end_user(connector(), "")
    refuse_end_user(connector(per_user=True), "ada")
    with pytest.raises(Invalid) as caught:
        refuse_end_user(connector(), "ada")
    assert [fault.path for fault in caught.value.faults] == ["$.end_user"]
