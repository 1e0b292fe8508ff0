from typing import Any

import pytest

from integrations.format.actions import keys_built
from integrations.format.types import Action
from tests.integrations.format.samples import STEPS, read, read_action


def test_it_fills_in_what_was_not_written() -> None:
    assert read_action() == Action(
        slug="send",
        name="Send",
        description="Send a parcel.",
        input_schema={"type": "object", "properties": {}, "additionalProperties": False},
        definition={"connector": "parcels", "method": "POST", "url": "/parcels", "body": "none"},
    )


def test_it_takes_whatever_an_action_can_say() -> None:
    action = read_action(
        name="Send it",
        response="{id: id}",
        output={"type": "object"},
        timeout_ms=60_000,
        cache_seconds=5,
        tags=["parcels"],
        scopes=["a"],
    )
    assert action.definition["scopes"] == ["a"]
    assert (action.name, action.response_mapping, action.output_schema) == ("Send it", "{id: id}", {"type": "object"})
    assert (action.timeout_ms, action.cache_seconds, action.tags, action.scopes) == (60_000, 5, ("parcels",), ("a",))


def test_it_makes_one_schema_of_the_parameters() -> None:
    action = read_action(
        call="POST /parcels/{parcel}/{way}",
        parameters={
            "parcel": {"type": "string", "description": "Its id."},
            "route": {"type": "string", "as": "way"},
            "to": {"type": "string", "required": True, "in": "body", "as": "address", "style": "json"},
            "note": {"type": "string", "required": False},
            "size": {"type": "object", "properties": {"w": {}}, "required": ["w"]},
            "kind": {"$ref": "#/$defs/kind"},
        },
        required=["size", "to"],
        **{"$defs": {"kind": {"enum": ["a", "b"]}}},
    )
    assert action.input_schema == {
        "type": "object",
        "properties": {
            "parcel": {"type": "string", "description": "Its id."},
            "route": {"type": "string"},
            "to": {"type": "string"},
            "note": {"type": "string"},
            "size": {"type": "object", "properties": {"w": {}}, "required": ["w"]},
            "kind": {"$ref": "#/$defs/kind"},
        },
        "required": ["parcel", "route", "to", "size"],
        "additionalProperties": False,
        "$defs": {"kind": {"enum": ["a", "b"]}},
    }


def test_it_does_not_require_what_is_only_called_like_a_part_of_the_path() -> None:
    parameters = {"id": {"type": "string"}, "id_body": {"type": "string", "as": "id", "in": "body"}}
    action = read_action(call="POST /parcels/{id}", parameters=parameters)
    assert action.input_schema["required"] == ["id"]
    assert (action.definition["path"], action.definition["body"]) == ({"id": "id"}, {"id": "id_body"})


@pytest.mark.parametrize(
    ("written", "effect"),
    [
        ({"call": "GET /a"}, "read, idempotent"),
        ({"call": "HEAD /a"}, "read, idempotent"),
        ({"call": "POST /a"}, "write"),
        ({"call": "PATCH /a"}, "write"),
        ({"call": "PUT /a"}, "write, idempotent"),
        ({"call": "DELETE /a"}, "destructive, idempotent"),
        ({"call": "POST /a", "effect": "read"}, "read, idempotent"),
        ({"call": "POST /a", "effect": "destructive"}, "destructive"),
        ({"call": "PUT /a", "idempotent": False}, "write"),
        ({"call": "PATCH /a", "idempotent": True}, "write, idempotent"),
        ({"graphql": "query { me { id } }"}, "read, idempotent"),
        ({"graphql": "{ me { id } }"}, "read, idempotent"),
        ({"graphql": "  mutation M { go { id } }"}, "write"),
    ],
)
def test_it_tells_what_an_action_does_from_its_method(written: dict[str, Any], effect: str) -> None:
    action = read(act={"description": "x", **written}).actions[0]
    words = [*(["read"] if action.read_only else []), *(["destructive"] if action.destructive else [])] or ["write"]
    assert ", ".join([*words, *(["idempotent"] if action.idempotent else [])]) == effect


@pytest.mark.parametrize(
    ("methods", "effect"),
    [
        (["GET", "GET"], (True, False, True)),
        (["GET", "POST"], (False, False, False)),
        (["GET", "PUT"], (False, False, True)),
        (["POST", "DELETE"], (False, True, False)),
    ],
)
def test_it_takes_the_worst_of_the_steps(methods: list[str], effect: tuple[bool, bool, bool]) -> None:
    steps = [{"id": f"s{number}", "call": f"{method} /a"} for number, method in enumerate(methods)]
    action = read(act={"description": "x", "steps": steps}).actions[0]
    assert (action.read_only, action.destructive, action.idempotent) == effect


def test_it_posts_a_graphql_document_to_the_base_url() -> None:
    document = "query($id: ID!) { parcel(id: $id) { name } }"
    action = read(act={"description": "x", "graphql": document, "parameters": {"id": {}}}).actions[0]
    assert action.definition == {
        "connector": "parcels",
        "method": "POST",
        "url": "",
        "body": "rest",
        "graphql": document,
        "error_when": "errors",
        "error_message": "errors[0].message",
    }


def test_it_lets_a_connector_say_how_its_graphql_fails() -> None:
    written = {"description": "x", "graphql": "{ me }", "call": "POST /graphql"}
    definition = read({"error_message": "errors[].extensions.reason"}, act=written).actions[0].definition
    assert (definition["url"], definition["error_when"]) == ("/graphql", "errors")
    assert definition["error_message"] == "errors[].extensions.reason"


def test_it_defines_each_step_by_the_keys_that_its_input_builds() -> None:
    shared = {"headers": {"X-V": "1"}, "error_when": "!ok"}
    assert read(shared, label=STEPS).actions[0].definition == {
        "connector": "parcels",
        "steps": [
            {
                "id": "place",
                "input": "{parcel: parcel, n: copies}",
                "method": "GET",
                "url": "/parcels/{parcel}/labels",
                "path": {"parcel": "parcel"},
                "query": {"n": "n"},
                "body": "none",
                "constants": {"headers": {"X-V": "1"}},
                "error_when": "!ok",
            },
            {
                "id": "label",
                "when": "place.url",
                "input": "{content: @}",
                "url_from": "place.url",
                "method": "POST",
                "body": "content",
                "body_format": "bytes",
            },
        ],
    }


def test_it_gives_a_step_the_whole_input_and_its_own_placing() -> None:
    parameters = {"a": {"type": "string"}, "b": {"type": "string"}}
    step = {"id": "one", "call": "POST /a", "parameters": {"b": {"in": "query", "as": "B"}}}
    action = read(act={"description": "x", "parameters": parameters, "steps": [step]}).actions[0]
    (defined,) = action.definition["steps"]
    assert (defined["query"], defined["body"], "input" in defined) == ({"B": "b"}, "rest", False)


def test_it_sends_whatever_the_input_of_a_step_comes_to() -> None:
    steps = [{"id": "one", "call": "POST /a", "input": "record"}]
    action = read(act={"description": "x", "parameters": {"record": {}}, "steps": steps}).actions[0]
    assert action.definition["steps"] == [{"id": "one", "input": "record", "method": "POST", "url": "/a"}]


@pytest.mark.parametrize(
    ("expression", "keys"),
    [("{a: x, b: y.z}", ("a", "b")), ("x", None), ("merge({a: x}, y)", None), ("{a:", None), ("(" * 3000, None)],
)
def test_it_tells_beforehand_which_keys_an_expression_builds(expression: str, keys: tuple[str, ...] | None) -> None:
    assert keys_built(expression) == keys
