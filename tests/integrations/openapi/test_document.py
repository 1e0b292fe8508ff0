from typing import Any

import pytest

from integrations.documents import BadDocument
from integrations.openapi.document import Document
from integrations.openapi.report import Report
from tests.integrations.openapi.described import converted, description


@pytest.mark.parametrize(
    ("top", "version"),
    [
        ({"openapi": "3.0.3"}, "OpenAPI 3.0.3"),
        ({"openapi": "3.1.0"}, "OpenAPI 3.1.0"),
        ({"swagger": "2.0"}, "Swagger 2.0"),
        ({"swagger": 2}, "Swagger 2"),
    ],
)
def test_it_knows_the_versions_that_it_reads(top: dict[str, Any], version: str) -> None:
    report = Report()
    Document({"paths": {}, **top}, report)
    assert report.version == version


def test_it_reads_what_names_no_version_and_says_so() -> None:
    report = Report()
    Document({"paths": {}}, report)
    assert list(report.warnings) == [
        "The document does not say which version of OpenAPI it follows. It was read as 3.0."
    ]


@pytest.mark.parametrize(
    ("root", "sentence"),
    [
        ({"openapi": "4.0.0"}, "This is OpenAPI 4.0.0. Send OpenAPI 2.0, 3.0 or 3.1."),
        ({"swagger": "1.2"}, "This is Swagger 1.2."),
        ({"asyncapi": "2.0.0"}, "This is an AsyncAPI description"),
        ({"item": [], "info": {}}, "This is a Postman collection"),
        ({"$schema": "x"}, "This is a JSON Schema"),
        ({"hello": 1}, "it has neither `openapi` or `swagger` nor `paths`"),
    ],
)
def test_it_refuses_what_is_something_else(root: Any, sentence: str) -> None:
    with pytest.raises(BadDocument, match=sentence):
        Document(root, Report())


def test_it_lets_an_operation_replace_its_paths_parameters() -> None:
    shared = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    own = {"name": "limit", "in": "query", "schema": {"type": "string"}}
    paths = {"/a": {"parameters": [shared], "get": {"parameters": [own]}, "delete": {}}}
    actions = converted(paths).document["actions"]
    assert actions["get-a"]["parameters"]["limit"]["type"] == "string"
    assert actions["delete-a"]["parameters"]["limit"]["type"] == "integer"


def test_it_follows_paths_and_parameters_to_where_they_stand() -> None:
    components = {"parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}}}
    item = {"get": {"parameters": [{"$ref": "#/components/parameters/Limit"}]}}
    result = converted({"/a": {"$ref": "#/items/a"}}, items={"a": item}, components=components)
    assert list(result.document["actions"]["get-a"]["parameters"]) == ["limit"]


def test_it_passes_over_what_is_not_as_it_should_be() -> None:
    paths = {
        "x-note": {"get": {}},
        "/a": {"get": {"parameters": [None, {"name": "x"}, {"$ref": "#/gone"}, "text"]}, "summary": "A"},
        "/b": None,
        "/c": {"get": None},
    }
    result = converted(paths)
    assert sorted(result.document["actions"]) == ["get-a", "get-c"]
    assert result.report.warnings["A parameter without a name or a place was left out."] == 4
    assert result.report.warnings["`#/gone` names nothing in the document."] == 1


@pytest.mark.parametrize("root", [{"paths": {}}, {"openapi": "3.1.0"}, {"openapi": "3.0.0", "paths": []}])
def test_it_refuses_a_description_of_nothing(root: dict[str, Any]) -> None:
    with pytest.raises(BadDocument, match="describes no operations"):
        converted(**{**description(), "paths": root.get("paths", {})})
