from typing import Any

import pytest

from tests.integrations.format.samples import ACTION, STEPS, faults_in, faults_of

SIGN_IN = {
    "type": "oauth2",
    "authorize_url": "https://x.example/a",
    "token_url": "https://x.example/t",
    "scopes": {"parcels": "Send"},
}


def places(**changes: Any) -> list[str]:
    """Of the faults in an action with these fields."""
    return [place.removeprefix("$.actions.send") for place in faults_in(send={**ACTION, **changes})]


def test_it_leaves_room_for_both_slugs_in_a_tools_name() -> None:
    actions = {"a" * 40: ACTION, "a" * 30: ACTION}
    assert list(faults_of_slug("p" * 33, actions)) == [f"$.actions.{'a' * 40}"]


def faults_of_slug(slug: str, actions: dict[str, Any]) -> dict[str, str]:
    connector = {"name": "P", "category": "other", "description": "P.", "base_url": "https://p.example"}
    return faults_of(connector, actions, slug=slug)


def test_it_wants_one_way_to_call() -> None:
    assert faults_in(send={"description": "x"}) == {"$.actions.send": "Give `call`, `graphql` or `steps`."}
    assert list(faults_in(label={**STEPS, "call": "GET /a", "body": "form"})) == [
        "$.actions.label.call",
        "$.actions.label.body",
    ]


@pytest.mark.parametrize("description", ["", "x" * 1025])
def test_it_wants_a_description_that_a_model_can_take(description: str) -> None:
    assert places(description=description) == [".description"]


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"api_key": {}}, ".parameters.api_key"),
        ({"Authorization": {"in": "header"}}, ".parameters.Authorization"),
        ({"key": {"as": "X-API-Key", "in": "header"}}, ".parameters.key"),
        ({"accessToken": {}}, ".parameters.accessToken"),
        ({"client-secret": {}}, '.parameters["client-secret"]'),
    ],
)
def test_it_lets_no_model_carry_a_credential(parameters: dict[str, Any], place: str) -> None:
    assert places(parameters=parameters) == [place]


@pytest.mark.parametrize("name", ["page_token", "password", "key", "token_count", "secret"])
def test_it_knows_no_credential_by_a_part_of_its_name(name: str) -> None:
    assert places(parameters={name: {}}) == []


@pytest.mark.parametrize("name", ["filter[id]", "$top", "a b", "x" * 65, ""])
def test_it_refuses_a_parameter_whose_name_no_provider_takes(name: str) -> None:
    (fault,) = faults_in(send={**ACTION, "parameters": {name: {}}}).items()
    assert fault[1].startswith("As a name: This does not match")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"required": ["parcel"]}, ".required"),
        ({"parameters": {"a": {"type": "strong"}}}, ".parameters.properties.a.type"),
        ({"output": {"type": "strong"}}, ".output.type"),
        ({"response": "a b"}, ".response"),
        ({"body_mapping": "a b"}, ".body_mapping"),
        ({"error_when": "a b"}, ".error_when"),
        ({"error_message": "a b"}, ".error_message"),
        ({"call": "FETCH /parcels"}, ".call"),
        ({"call": "POST parcels"}, ".call"),
        ({"call": "POST /parcels?a=b"}, ".call"),
        ({"call": "POST /parcels#a"}, ".call"),
        ({"call": "POST /parcels/{id}"}, ".call"),
        ({"call": "POST /parcels/{id"}, ".call"),
        ({"call": "POST http://api.parcels.example/a"}, ".call"),
        ({"call": "POST https://evil.example/a"}, ".call"),
        ({"parameters": {"id": {"in": "path", "type": "string"}}}, ".call"),
        ({"call": "GET /parcels", "parameters": {"a": {"in": "body"}}}, ""),
        ({"call": "GET /parcels", "body_mapping": "{a: a}"}, ""),
        ({"body": "bytes", "parameters": {"a": {}, "b": {}}}, ".body"),
    ],
)
def test_it_names_what_cannot_be_sent(changes: dict[str, Any], place: str) -> None:
    assert places(**changes) == [place]


def test_it_takes_a_call_to_a_host_that_the_connector_names() -> None:
    call = {"description": "x", "call": "GET https://files.parcels.example/a"}
    assert faults_in({"hosts": ["files.parcels.example"]}, send=call) == {}


def test_it_takes_a_delete_with_a_body() -> None:
    assert places(call="DELETE /parcels", parameters={"a": {"in": "body"}}) == []


def test_it_wants_scopes_that_can_be_asked_for() -> None:
    assert faults_in({"auth": {"in": SIGN_IN}}, send={**ACTION, "scopes": ["parcels"]}) == {}
    assert list(faults_in({"auth": {"in": SIGN_IN}}, send={**ACTION, "scopes": ["letters"]})) == [
        "$.actions.send.scopes"
    ]


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ({"id": "place", "call": "GET /a"}, "[1].id"),
        ({"id": "b", "call": "GET /a", "when": "a b"}, "[1].when"),
        ({"id": "b", "call": "POST /a", "input": "a b"}, "[1].input"),
        ({"id": "b", "call": "GET /a", "input": "place"}, "[1].input"),
        ({"id": "b", "call": "GET", "url": "a b"}, "[1].url"),
        ({"id": "b", "call": "GET /a", "url": "place.url"}, "[1].call"),
        ({"id": "b", "call": "GET /a/{c}", "input": "{d: d}"}, "[1].call"),
    ],
)
def test_it_looks_at_every_step(step: dict[str, Any], place: str) -> None:
    steps = [{"id": "place", "call": "GET /a"}, step]
    assert list(faults_in(send={"description": "x", "steps": steps})) == [f"$.actions.send.steps{place}"]


def test_it_refuses_a_whole_body_beside_fields_of_it() -> None:
    assert places(parameters={"fields": {"in": "content"}, "to": {"type": "string"}}) == [".parameters.fields"]


def test_it_keeps_the_name_of_a_step_from_what_is_asked_for() -> None:
    action = {"description": "x", "parameters": {"one": {}}, "steps": [{"id": "one", "call": "GET /a"}]}
    assert list(faults_in(send=action)) == ["$.actions.send.steps[0].id"]
