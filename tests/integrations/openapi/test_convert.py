import json

import pytest

from integrations.documents import BadDocument
from integrations.format.read import read_connector
from integrations.openapi.convert import MOST_OPERATIONS, convert
from integrations.openapi.report import MOST_SKIPPED, MOST_WARNINGS, Report
from integrations.openapi.storable import storable
from tests.integrations.openapi.described import converted, description


def slugs(paths: dict[str, dict[str, dict[str, str]]], **more: object) -> dict[str, str]:
    result = convert(description(paths), slug="parcels", **more)  # type: ignore[arg-type]
    return {action["call"]: slug for slug, action in result.document["actions"].items()}


def test_it_describes_the_service() -> None:
    connector = converted(externalDocs={"url": "https://docs.example.com"}).document["connector"]
    assert {name: connector[name] for name in ("name", "category", "description", "docs")} == {
        "name": "Parcels",
        "category": "other",
        "description": "Parcels and where they are.",
        "docs": "https://docs.example.com",
    }


def test_it_describes_a_service_that_says_nothing_of_itself() -> None:
    connector = converted(info=None, externalDocs={"url": "javascript:x"}).document["connector"]
    assert (connector["name"], connector["description"], "docs" in connector) == ("parcels", "parcels.", False)


def test_it_writes_what_the_connector_format_reads() -> None:
    result = converted({"/a/{id}": {"get": {"operationId": "getA"}, "put": {"requestBody": {"content": {"*/*": {}}}}}})
    connector = read_connector("parcels", **result.document, source="openapi")
    assert [action.slug for action in connector.actions] == ["get-a", "put-a-by-id"]
    assert connector.actions[0].definition == {
        "connector": "parcels",
        "method": "GET",
        "url": "/a/{id}",
        "path": {"id": "id"},
        "body": "none",
    }


def test_it_gives_each_action_a_slug_of_its_own() -> None:
    found = slugs({f"/{n}": {"get": {"operationId": "same"}} for n in "abc"})
    assert found["GET /a"] == "same"
    assert len(set(found.values())) == 3


def test_it_keeps_the_slugs_of_an_earlier_import() -> None:
    before = slugs({"/b": {"get": {"operationId": "same"}}, "/a": {"get": {"operationId": "same"}}})
    after = slugs({f"/{n}": {"get": {"operationId": "same"}} for n in "cab"}, known=before)
    assert {call: after[call] for call in before} == before
    assert after["GET /c"] not in before.values()


def test_it_says_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    slugs({"/a": {"get": {}}, "/b": {"get": {}}}, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 2), (1, 2), (2, 2)]


def test_it_refuses_more_operations_than_anybody_could_choose_from() -> None:
    with pytest.raises(BadDocument, match=r"describes more than 3,000 operations\. Hand in a part of it"):
        converted({f"/{n}": {"get": {}} for n in range(MOST_OPERATIONS + 1)})


def test_it_reports_what_became_of_everything() -> None:
    paths = {"/a": {"get": {"deprecated": True}, "options": {}, "head": {}}, "/{": {"get": {}}}
    assert converted(paths).report.as_json() == {
        "version": "OpenAPI 3.0.3",
        "title": "Parcels",
        "operations": 4,
        "actions": 2,
        "deprecated": ["get-a"],
        "cut": [],
        "reasons": {"method": 1, "malformed": 1},
        "skipped": [
            {
                "method": "OPTIONS",
                "path": "/a",
                "reason": "method",
                "sentence": "OPTIONS is nothing that a tool calls.",
            },
            {
                "method": "GET",
                "path": "/{",
                "reason": "malformed",
                "sentence": "Its path cannot be read: a placeholder is a name in braces.",
            },
        ],
        "warnings": [
            {
                "sentence": "The document does not say how callers prove who they are: "
                "a token can be entered, or nothing.",
                "times": 1,
            },
        ],
    }


def test_it_keeps_reports_short() -> None:
    report = Report()
    for number in range(2_000):
        report.warn(f"Warning {number}.")
    result = converted({f"/{n}": {"options": {}} for n in range(MOST_SKIPPED + 500)} | {"/x": {"get": {}}})
    assert len(report.warnings) == MOST_WARNINGS
    told = result.report.as_json()
    assert (len(told["skipped"]), told["reasons"]) == (MOST_SKIPPED, {"method": MOST_SKIPPED + 500})


def test_it_tells_of_references_that_lead_nowhere() -> None:
    parameters = [{"name": "a", "in": "query", "schema": {"type": "array", "items": {"$ref": "#/gone"}}}]
    result = converted({"/a": {"get": {"parameters": parameters}}})
    assert "`#/gone` names nothing in the document." in result.report.warnings
    assert result.document["actions"]["get-a"]["parameters"]["a"]["items"] == {}


def test_it_writes_only_what_the_database_can_keep() -> None:
    hostile = {"description": "a\0b", "operationId": "x", "tags": ["\ud800"]}
    document = converted({"/a": {"get": hostile}}).document
    written = json.dumps(document)
    assert "\\u0000" not in written
    assert "\\ud800" not in written
    assert storable({"é\0": ["\U0001f4e6"]}) == {"é\ufffd": ["\U0001f4e6"]}
