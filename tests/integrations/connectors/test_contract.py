"""Every connector keeps the contract: one suite over all folders, so that adding one is adding one."""

import re
from pathlib import Path

import pytest

from integrations.format.types import Action, AuthType, Connector
from registry import retries, transports
from registry.schemas.check import check_input_schema, check_schema
from registry.schemas.validators import compile_schema
from registry.shaping.weight import tokens_of
from tests.integrations.connectors.fixtures import Fixture, connectors, faults_of, fixtures_of, folders

FOLDERS = folders()
CONNECTORS = connectors()
BY_SLUG = {connector.slug: connector for connector in CONNECTORS}
ACTIONS = [(connector, action) for connector in CONNECTORS for action in connector.actions]
FIXTURES = [fixture for folder in FOLDERS for fixture in fixtures_of(folder) if folder.name in BY_SLUG]

PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
COMBINATORS = {"oneOf", "anyOf", "allOf"}
MOST_TOKENS = 1_500

every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
every_connector = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda connector: connector.slug)
every_action = pytest.mark.parametrize(
    ("connector", "action"), ACTIONS, ids=[f"{connector.slug}-{action.slug}" for connector, action in ACTIONS]
)
every_fixture = pytest.mark.parametrize("fixture", FIXTURES, ids=str)


def fixtures_about(connector: Connector, about: str) -> list[Fixture]:
    return [each for each in FIXTURES if each.connector == connector.slug and each.about == about]


def tool_name(connector: Connector, action: Action) -> str:
    return f"{connector.slug}-{action.slug}"


def says_itself(name: str) -> bool:
    """A plain word, such as `title`."""
    return name.isalpha() and name != "id"


@every_folder
def test_it_can_be_read(folder: Path) -> None:
    assert faults_of(folder) == []


@every_connector
def test_it_has_a_failure_in_the_vendors_words(connector: Connector) -> None:
    assert [each for each in FIXTURES if each.connector == connector.slug and each.error]


@every_connector
def test_it_shows_how_a_credential_is_proved(connector: Connector) -> None:
    if any(way.type is not AuthType.NONE for way in connector.auth):
        assert fixtures_about(connector, "check")


@every_connector
def test_it_shows_how_a_token_is_had(connector: Connector) -> None:
    if any(way.oauth or way.login for way in connector.auth):
        assert fixtures_about(connector, "token")


@every_action
def test_it_has_a_success_from_a_published_example(connector: Connector, action: Action) -> None:
    assert [each for each in fixtures_about(connector, action.slug) if not each.error]


@every_fixture
def test_it_names_where_an_example_was_published(fixture: Fixture) -> None:
    assert re.fullmatch(r"https://\S+", fixture.source)


@every_fixture
def test_it_is_about_something_that_there_is(fixture: Fixture) -> None:
    connector = BY_SLUG[fixture.connector]
    assert fixture.about in ("check", "token") or connector.action(fixture.about)


@every_fixture
def test_its_examples_fit_their_schemas(fixture: Fixture) -> None:
    action = BY_SLUG[fixture.connector].action(fixture.about)
    if action is None:
        return
    compile_schema(action.input_schema).validator.validate(fixture.input)
    if action.output_schema is not None and fixture.error is None:
        compile_schema(action.output_schema).validator.validate(fixture.output)


def test_it_gives_every_tool_a_name_of_its_own() -> None:
    names = [tool_name(connector, action) for connector, action in ACTIONS]
    assert len(set(names)) == len(names)


@every_action
def test_it_has_a_schema_that_every_provider_takes(connector: Connector, action: Action) -> None:
    schema = action.input_schema
    assert check_input_schema("$", schema) == []
    assert schema["type"] == "object"
    assert not COMBINATORS & schema.keys()
    assert [name for name in schema["properties"] if not PROPERTY.fullmatch(name)] == []
    assert action.output_schema is None or check_schema("$", action.output_schema) == []


@every_action
def test_it_is_defined_as_the_transport_takes_it(connector: Connector, action: Action) -> None:
    assert transports.check("http", action.definition, {}, action.input_schema) == []


@every_connector
def test_it_has_retries_that_a_tool_takes(connector: Connector) -> None:
    assert list(retries.faults(connector.retries)) == []


@every_action
def test_it_tells_a_model_what_each_parameter_is(connector: Connector, action: Action) -> None:
    properties = action.input_schema["properties"].items()
    assert [name for name, schema in properties if not (schema.get("description") or says_itself(name))] == []


@every_action
def test_it_leaves_room_in_a_models_context(connector: Connector, action: Action) -> None:
    shown = {
        "name": tool_name(connector, action),
        "description": action.description,
        "input_schema": action.input_schema,
    }
    assert tokens_of(shown) < MOST_TOKENS


@every_folder
def test_it_is_data_alone(folder: Path) -> None:
    files = {file.relative_to(folder).parts[0] for file in folder.rglob("*") if file.is_file()}
    assert files <= {"connector.yaml", "actions.yaml", "fixtures.yaml", "fixtures"}
