"""The pages on connectors say what the reader takes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from integrations.documents import read_document
from integrations.format.check import CATEGORIES
from integrations.format.read import read_connector
from integrations.format.shape import ACTIONS, CONNECTOR, schema_of
from integrations.format.types import AuthType
from tests.docs.pages import Block, blocks, code_words, column, page, plain, rows
from tests.integrations.connectors.fixtures import FIELDS

PAGE = "docs/reference/connectors.md"
RECIPE = "docs/how-to/add-a-connector.md"
EVERY_WAY = ("type", "title", "help", "fields")
PLACING = ("in", "name", "prefix")


def part(document: str, name: str = "") -> Mapping[str, Any]:
    """An object of the format, with its references followed."""
    schema = schema_of(document)
    found = schema["$defs"][name] if name else schema
    fields = {field: resolved(schema, described) for field, described in found["properties"].items()}
    return {"properties": fields, "required": found.get("required", ())}


def resolved(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = described.get("$ref", "").rpartition("/")[2]
    return {**(resolved(schema, schema["$defs"][reference]) if reference else {}), **described}


def without(names: tuple[str, ...], found: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = {name: described for name, described in found["properties"].items() if name not in names}
    return {**found, "properties": fields}


def only(names: tuple[str, ...], found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"properties": {name: found["properties"][name] for name in names}, "required": ()}


def documented(heading: str) -> list[tuple[str, str, str]]:
    return [(plain(row["Field"]), row["Default"], row["What it is"]) for row in rows(PAGE, heading)]


def written(found: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (name, "needed" if name in found["required"] else shown(described), described["description"])
        for name, described in found["properties"].items()
    ]


def shown(described: Mapping[str, Any]) -> str:
    if "default" not in described:
        return ""
    default = described["default"]
    return f"`{default}`" if isinstance(default, str) and default.strip() else f"`{json.dumps(default)}`"


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("## `connector.yaml`", part(CONNECTOR)),
        ("### Variables", part(CONNECTOR, "variable")),
        ("### Check", part(CONNECTOR, "check")),
        ("### Placing", only(PLACING, part(CONNECTOR, "bearer"))),
        ("### OAuth 2.0", without(EVERY_WAY + PLACING, part(CONNECTOR, "oauth2"))),
        ("### Log-in", without(EVERY_WAY + PLACING, part(CONNECTOR, "login"))),
        ("### AWS signatures", without(EVERY_WAY, part(CONNECTOR, "aws_sigv4"))),
        ("## `actions.yaml`", part(ACTIONS, "action")),
        ("### Parameters", part(ACTIONS, "parameter")),
        ("### Steps", part(ACTIONS, "step")),
    ],
)
def test_it_says_of_each_field_what_its_schema_says(heading: str, found: Mapping[str, Any]) -> None:
    assert documented(heading) == written(found)


def test_it_lists_what_every_way_has() -> None:
    assert [name for name, *_ in documented("### Ways to prove who calls")] == list(EVERY_WAY)


def test_it_lists_the_types_of_ways() -> None:
    assert column(PAGE, "### Types", "Type") == list(AuthType)


def test_it_lists_the_categories() -> None:
    _, _, below = page(PAGE).partition("### Categories\n")
    assert tuple(code_words(below.partition("##")[0])) == CATEGORIES


def test_it_lists_the_fields_of_fixtures() -> None:
    assert set(column(PAGE, "## `fixtures.yaml`", "Field")) == FIELDS


def example() -> list[Block]:
    return list(blocks(page(RECIPE)))


def test_it_shows_a_connector_that_can_be_read() -> None:
    connector, actions, fixtures, _ = (read_document(block.text.encode()) for block in example())
    read = read_connector("parcels", connector, actions)
    assert [action.slug for action in read.actions if action.destructive] == ["cancel-parcel"]
    assert {name for fixture in fixtures for name in fixture} <= FIELDS


def test_it_shows_that_a_usual_one_is_a_page() -> None:
    connector, actions, *_ = (len(block.text.splitlines()) for block in example())
    assert (connector <= 15, actions <= 60) == (True, True)
