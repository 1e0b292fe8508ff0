"""Whatever stands in a document, it is read or refused: an import may have been written to do harm."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.errors import BadConnector
from integrations.format.read import read_connector
from tests.integrations.format.samples import STEPS

CONNECTOR: dict[str, Any] = {
    "name": "Parcels",
    "category": "commerce",
    "description": "Parcels.",
    "base_url": "https://{shop}.parcels.example",
    "variables": {"shop": {"pattern": "[a-z]+", "example": "acme", "kept": True}},
    "hosts": ["files.parcels.example"],
    "headers": {"X-V": "1"},
    "auth": {
        "sign-in": {
            "type": "oauth2",
            "authorize_url": "https://x.example/a",
            "token_url": "https://x.example/t",
            "scopes": {"a": "A"},
            "default_scopes": ["a"],
            "keep": {"shop": "shop"},
        },
        "login": {"type": "login", "call": "POST /in", "token_path": "t", "body": {"user": "username"}},
        "key": {"type": "api_key", "name": "K", "fields": {"key": {"title": "Key", "pattern": "^k"}}},
    },
    "check": {"call": "GET /me", "account": "name"},
    "error_when": "!ok",
    "rate_limit": {"per_minute": 5},
}
ACTIONS: dict[str, Any] = {
    "label": copy.deepcopy(dict(STEPS)),
    "send": {
        "description": "Send.",
        "call": "POST /parcels/{id}",
        "parameters": {"id": {"type": "string"}, "to": {"type": "object", "properties": {"a": {}}, "style": "json"}},
        "response": "{id: id}",
        "output": {"type": "object"},
        "scopes": ["a"],
    },
    "ask": {"description": "Ask.", "graphql": "{ me }", "constants": {"a": 1}},
}
STRANGE: list[Any] = [
    None,
    True,
    7,
    1e308,
    "",
    "{",
    "https://[",
    "GET https://[",
    "a b",
    "\ud800",
    "\x00",
    "x" * 5000,
    [],
    [[]],
    {},
    {"": {}},
    {"$ref": "#"},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from places(inner, (*path, key))


def changed(place: tuple[Any, ...], strange: Any) -> Any:
    """Both documents with something strange in one place."""
    whole: Any = {"": {"connector": copy.deepcopy(CONNECTOR), "actions": copy.deepcopy(ACTIONS)}}
    found = whole
    for key in ("", *place)[:-1]:
        found = found[key]
    found[("", *place)[-1]] = strange
    return whole[""]


def read_or_refuse(documents: Any) -> None:
    try:
        read_connector("parcels", documents["connector"], documents["actions"])
    except BadConnector as error:
        told = error.faults
    else:
        return
    assert told
    assert all(fault.path.startswith("$.") and len(fault.message) < 5_000 for fault in told)


def test_it_reads_the_sample_as_it_is() -> None:
    assert read_connector("parcels", CONNECTOR, ACTIONS).slug == "parcels"


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
def test_it_reads_or_refuses_whatever_stands_in_any_place(strange: Any) -> None:
    for place in places({"connector": CONNECTOR, "actions": ACTIONS}):
        if place:
            read_or_refuse(changed(place, strange))


@pytest.mark.parametrize("place", [("parameters", "to"), ("output",), ("constants",), ("parameters", "to", "items")])
def test_it_bears_what_is_nested_as_deep_as_documents_may_be(place: tuple[str, ...]) -> None:
    read_or_refuse(changed(("actions", "send", *place), deep_line(180)))


def deep_line(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels // 2):
        value = {"properties": {"a": value}}
    return value
