"""Whatever a description holds: it is converted or refused with a sentence, and what comes of it is bounded."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.documents import BadDocument
from integrations.errors import BadConnector
from integrations.format.read import read_connector
from integrations.openapi.bundle import bundle
from integrations.openapi.convert import convert
from integrations.openapi.report import Report
from tests.integrations.openapi.described import converted, description, fetch_nothing

WORDS = [
    *("$ref", "type", "properties", "items", "allOf", "oneOf", "anyOf", "enum", "required", "in", "name", "schema"),
    *("content", "parameters", "requestBody", "get", "post", "servers", "url", "variables", "default", "security"),
    *("description", "operationId", "tags", "nullable", "format", "style", "explode", "encoding", "deprecated"),
    *("additionalProperties", "minimum", "maxLength", "pattern", "example", "consumes", "flows", "scopes", "readOnly"),
]
TEXTS = [
    *("#/components/schemas/A", "#/components/schemas/B", "#/gone", "#", "string", "object", "array", "file", "query"),
    *(
        "path",
        "header",
        "cookie",
        "body",
        "formData",
        "form",
        "deepObject",
        "binary",
        "application/json",
        "a",
        "\0",
        "",
    ),
    *("https://{a}.x.com", "{", "\ud800", "é", "apiKey", "oauth2", "http", "null"),
]
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(TEXTS))
keys = st.sampled_from([*WORDS, *TEXTS])
anything: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4), max_leaves=20
)


@settings(max_examples=300, deadline=None)
@given(
    operation=anything,
    schema=anything,
    other=anything,
    servers=anything,
    schemes=anything,
    swagger=st.booleans(),
    shared=anything,
)
def test_it_takes_whatever_stands_anywhere(
    operation: Any, schema: Any, other: Any, servers: Any, schemes: Any, swagger: bool, shared: Any
) -> None:
    body = {"content": {"application/json": {"schema": schema}, "multipart/form-data": {"schema": other}}}
    parameters = [
        {"name": "p", "in": "query", "schema": schema},
        {"name": "q", "in": "formData", "type": "array", "items": other},
    ]
    paths = {
        "/a/{id}": {"get": operation, "parameters": shared},
        "/b": {
            "post": {"requestBody": body, "parameters": parameters},
            "put": {"parameters": [{"name": "b", "in": "body", "schema": schema}]},
        },
        "/c": shared,
    }
    version = {"swagger": "2.0"} if swagger else {"openapi": "3.1.0"}
    root = {
        **version,
        "info": schema,
        "servers": servers,
        "paths": paths,
        "host": servers,
        "security": other,
        "securityDefinitions": schemes,
        "components": {"schemas": {"A": schema, "B": other}, "securitySchemes": schemes},
    }
    result = convert(root, slug="parcels")
    read = read_or_faults(result.document)
    assert read == [], read
    json.dumps(result.report.as_json())


def read_or_faults(document: dict[str, Any]) -> list[str]:
    if not document["actions"]:
        return []
    try:
        connector = read_connector("parcels", document["connector"], document["actions"], source="openapi")
    except BadConnector as error:
        return [f"{fault.path}: {fault.message}" for fault in error.faults]
    names = [name for action in connector.actions for name in action.input_schema["properties"]]
    assert all(re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name) for name in names)
    assert all(action.input_schema["type"] == "object" for action in connector.actions)
    return []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"a0: &a0 [x, x]\n"
            + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 30)),
            "aliases",
        ),
        (b"<?xml version='1.0'?><openapi/>", "XML"),
        (b"PK\x03\x04rest", "zip"),
        (b"\x1f\x8brest", "gzip"),
        (b"x" * 33_000_000, "larger than"),
        (b"[" * 100_000, "nested"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"openapi: 3.0.0\npaths: !!python/object/apply:os.system [x]", "tag"),
    ],
)
def test_it_refuses_what_is_no_document_with_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadDocument, match=sentence):
        bundle("main", {"main": content}, fetch=fetch_nothing, report=Report())


def test_it_ends_a_chain_of_references_that_never_ends() -> None:
    schemas = {f"S{n}": {"$ref": f"#/components/schemas/S{n + 1}"} for n in range(10_000)}
    operation = {"parameters": [{"name": "a", "in": "query", "schema": {"$ref": "#/components/schemas/S0"}}]}
    assert list(converted({"/a": {"get": operation}}, components={"schemas": schemas}).document["actions"]) == ["get-a"]


@pytest.mark.parametrize("keyword", ["items", "anyOf", "allOf", "properties", "oneOf"])
def test_it_goes_only_so_deep(keyword: str) -> None:
    """Ten schemas of 90 levels each, one inside of the other."""

    def nested(inner: dict[str, Any]) -> dict[str, Any]:
        for _ in range(90):
            inner = {
                keyword: inner
                if keyword == "items"
                else {"a": inner}
                if keyword == "properties"
                else [inner, {"title": "x"}]
            }
        return inner

    schemas = {f"S{n}": nested({"$ref": f"#/components/schemas/S{n + 1}"}) for n in range(10)}
    top = {"$ref": "#/components/schemas/S0"}
    content = {"application/json": {"schema": top}}
    operation = {"parameters": [{"name": "a", "in": "query", "schema": top}], "requestBody": {"content": content}}
    result = converted({"/a": {"post": operation}}, components={"schemas": schemas})
    assert read_or_faults(result.document) == []


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_it_bears_schemas_that_double_at_each_level(keyword: str) -> None:
    schemas: dict[str, Any] = {f"S{n}": {keyword: [{"$ref": f"#/components/schemas/S{n + 1}"}] * 2} for n in range(50)}
    schemas["S50"] = {"properties": {"a": {"type": "string"}}}
    operation = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}}
    result = converted({"/a": {"post": operation}}, components={"schemas": schemas})
    assert read_or_faults(result.document) == []


def test_it_refuses_a_million_operations() -> None:
    paths: dict[str, Any] = {f"/{n}": {"get": {}} for n in range(1_000_000)}
    with pytest.raises(BadDocument, match="more than 3,000 operations"):
        convert(description(paths), slug="parcels")
