from typing import Any

import pytest

from integrations.format.calls import Parameter, place_parameters, read_call
from tests.integrations.format.samples import read, read_action


@pytest.mark.parametrize(
    ("call", "read_as"),
    [
        ("GET /me", ("GET", "/me")),
        ("POST", ("POST", "")),
        ("/me", ("GET", "/me")),
        (" PATCH   /a/{b} ", ("PATCH", "/a/{b}")),
        ("https://x.example/me", ("GET", "https://x.example/me")),
        ("PUT https://x.example/me", ("PUT", "https://x.example/me")),
    ],
)
def test_it_reads_method_and_url(call: str, read_as: tuple[str, str]) -> None:
    assert read_call(call) == read_as


@pytest.mark.parametrize(
    ("method", "usual"),
    [("GET", "query"), ("HEAD", "query"), ("DELETE", "query"), ("POST", "body"), ("PUT", "body"), ("PATCH", "body")],
)
def test_it_puts_a_parameter_where_its_like_usually_go(method: str, usual: str) -> None:
    written: dict[str, Any] = {
        "id": {},
        "name": {},
        "trace": {"in": "header", "as": "X-Trace"},
        "tags": {"style": "comma"},
    }
    assert place_parameters(written, method=method, url="/a/{id}") == (
        Parameter("id", "id", "path"),
        Parameter("name", "name", usual),
        Parameter("trace", "X-Trace", "header"),
        Parameter("tags", "tags", usual, "comma"),
    )


@pytest.mark.parametrize(
    ("action", "definition"),
    [
        ({"call": "POST /ping"}, {"method": "POST", "url": "/ping", "body": "none"}),
        (
            {"call": "POST /p", "parameters": {"a": {}, "b": {}}},
            {"method": "POST", "url": "/p", "body": "rest"},
        ),
        (
            {"call": "POST /p", "parameters": {"a": {}, "b": {"as": "B"}}},
            {"method": "POST", "url": "/p", "body": {"a": "a", "B": "b"}},
        ),
        (
            {"call": "PUT /p/{p_id}", "parameters": {"p": {"as": "p_id"}, "q": {"in": "query"}, "c": {}}},
            {"method": "PUT", "url": "/p/{p_id}", "path": {"p_id": "p"}, "query": {"q": "q"}, "body": "rest"},
        ),
        (
            {"call": "GET /p", "parameters": {"a": {"type": "object", "style": "form"}}},
            {"method": "GET", "url": "/p", "query": {"a": "a"}, "body": "none", "styles": {"query": {"a": "form"}}},
        ),
        (
            {"call": "GET /p", "parameters": {"a": {"style": "pipe"}}, "query": {"v": "2"}, "headers": {"X-V": "2"}},
            {
                "method": "GET",
                "url": "/p",
                "query": {"a": "a"},
                "body": "none",
                "styles": {"query": {"a": "pipe"}},
                "constants": {"headers": {"X-V": "2"}, "query": {"v": "2"}},
            },
        ),
        (
            {"call": "POST /p", "body": "form", "parameters": {"a": {}}, "constants": {"state": "closed"}},
            {
                "method": "POST",
                "url": "/p",
                "body": "rest",
                "body_format": "form",
                "constants": {"body": {"state": "closed"}},
            },
        ),
        (
            {"call": "PUT /p", "body": "bytes", "parameters": {"file": {}, "name": {"in": "query"}}},
            {"method": "PUT", "url": "/p", "query": {"name": "name"}, "body": "file", "body_format": "bytes"},
        ),
        (
            {"call": "POST /p", "parameters": {"a": {}}, "body_mapping": "{x: a}", "renamed": {"b": "b c"}},
            {"method": "POST", "url": "/p", "body_mapping": "{x: a}", "renamed": {"b": "b c"}},
        ),
        (
            {"call": "POST /p", "idempotency_header": "Key", "error_when": "!ok", "error_message": "error"},
            {
                "method": "POST",
                "url": "/p",
                "body": "none",
                "idempotency_header": "Key",
                "error_when": "!ok",
                "error_message": "error",
            },
        ),
    ],
)
def test_it_defines_a_call_for_the_transport(action: dict[str, Any], definition: dict[str, Any]) -> None:
    assert read_action(**action).definition == {"connector": "parcels", **definition}


def test_it_sends_what_the_connector_sends_with_every_call() -> None:
    shared = {"headers": {"X-V": "1", "X-W": "1"}, "error_when": "!ok", "error_message": "error"}
    action = {"description": "x", "call": "GET /p", "headers": {"X-W": "2"}, "error_when": ""}
    assert read(shared, send=action).actions[0].definition == {
        "connector": "parcels",
        "method": "GET",
        "url": "/p",
        "body": "none",
        "constants": {"headers": {"X-V": "1", "X-W": "2"}},
        "error_message": "error",
    }


def test_it_lets_one_parameter_be_the_whole_body() -> None:
    parameters = {"id": {"type": "string"}, "fields": {"type": "object", "in": "content"}}
    definition = read_action(call="PATCH /parcels/{id}", parameters=parameters).definition
    assert (definition["body"], definition["path"]) == ("fields", {"id": "id"})
