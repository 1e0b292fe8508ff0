from dataclasses import fields

import pytest
from jsonschema_rs import meta

from integrations.format.shape import ACTIONS, CONNECTOR, schema_of
from integrations.format.types import OAuth
from tests.integrations.format.samples import ACTION, faults_in


@pytest.mark.parametrize("document", [CONNECTOR, ACTIONS])
def test_it_is_json_schema_itself(document: str) -> None:
    assert meta.is_valid(schema_of(document))


def test_it_knows_every_field_that_a_sign_in_has() -> None:
    written = set(schema_of(CONNECTOR)["$defs"]["oauth2"]["properties"])
    assert written - {"type", "title", "help", "fields", "in", "name", "prefix"} == {
        each.name for each in fields(OAuth)
    }


def test_it_names_the_fields_of_the_kind_that_was_meant() -> None:
    faults = faults_in({"auth": {"key": {"type": "basic", "token_url": "https://x.example"}}})
    assert faults == {
        "$.connector.auth.key.token_url": "There is no such field here. Known: fields, help, title, type."
    }


def test_it_names_what_a_kind_needs() -> None:
    faults = faults_in({"auth": {"sign-in": {"type": "oauth2"}}})
    assert faults == {'$.connector.auth["sign-in"].token_url': "This is missing."}


def test_it_says_how_a_name_has_to_be() -> None:
    faults = faults_in(**{"Send it": ACTION})
    assert faults['$.actions["Send it"]'] == 'As a name: This does not match "^[a-z0-9]+(-[a-z0-9]+)*$".'


def test_it_names_the_place_in_a_list() -> None:
    faults = faults_in(
        send={"description": "x", "steps": [{"id": "a", "call": "GET /a"}, {"id": "B", "cal": "GET /b"}]}
    )
    assert set(faults) == {"$.actions.send.steps[1].cal", "$.actions.send.steps[1].call", "$.actions.send.steps[1].id"}


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\\\x00", "\ud800"])
def test_it_refuses_what_cannot_be_kept(text: str) -> None:
    assert list(faults_in({"description": text})) == ["$.connector"]
    assert list(faults_in(**{text: ACTION})) == ["$.actions"]


def test_it_takes_an_escape_that_is_only_written() -> None:
    assert faults_in({"description": "[^\\u0000]"}) == {}
