"""What goes out for an operation of an OpenAPI description, from the description to the request."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from accounts.errors import Invalid
from integrations.egress import EgressRequest
from integrations.format.read import read_connector
from registry.schemas.check import check_input_schema
from registry.transports.http_checks import check_definition
from registry.transports.http_definition import read_definition
from registry.transports.http_request import build_request
from tests.integrations.openapi.described import body, converted

BASE = "https://api.parcels.example.com/v1"
TEXT = {"type": "string"}
LIST = {"type": "array", "items": TEXT}


def sent(
    operation: Mapping[str, Any], values: dict[str, Any], *, method: str = "post", path: str = "/a"
) -> EgressRequest:
    """The request for this operation, called with these values; whatever registers a tool has nothing against it."""
    document = converted({path: {method: operation}}).document
    (action,) = read_connector("parcels", **document, source="openapi").actions
    assert check_input_schema("$", dict(action.input_schema)) == []
    assert list(check_definition(action.definition, action.input_schema["properties"])) == []
    return build_request(read_definition(action.definition), values, base_url=BASE)


def parameter(name: str, place: str, schema: Any = TEXT, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, **more}


def test_it_sends_the_same_name_to_path_query_and_body() -> None:
    operation = {
        "parameters": [parameter("id", "path"), parameter("id", "query"), parameter("id", "header")],
        **body({"properties": {"id": TEXT, "to": TEXT}}),
    }
    values = {"id": "p", "id_query": "q", "id_header": "h", "id_body": "b", "to": "x"}
    request = sent(operation, values, path="/a/{id}")
    assert request.url == f"{BASE}/a/p?id=q"
    assert request.headers["id"] == "h"
    assert json.loads(request.body or b"") == {"id": "b", "to": "x"}


def test_it_sends_names_that_no_provider_takes_as_they_are() -> None:
    inner = {"type": "object", "properties": {"@odata.type": TEXT}}
    operation = {
        "parameters": [parameter("filter[id]", "query")],
        **body({"properties": {"$expand": TEXT, "item": inner}}),
    }
    values = {"filter_id": 7, "expand": "all", "item": {"_odata.type": "#x"}}
    request = sent(operation, values)
    assert request.url == f"{BASE}/a?filter%5Bid%5D=7"
    assert json.loads(request.body or b"") == {"$expand": "all", "item": {"@odata.type": "#x"}}


@pytest.mark.parametrize(
    ("more", "value", "query"),
    [
        ({}, ["a", "b"], "v=a&v=b"),
        ({"explode": False}, ["a", "b"], "v=a,b"),
        ({"style": "pipeDelimited", "explode": False}, ["a", "b"], "v=a%7Cb"),
        ({"style": "spaceDelimited", "explode": False}, ["a", "b"], "v=a%20b"),
    ],
)
def test_it_writes_lists_as_described(more: Any, value: Any, query: str) -> None:
    operation = {"parameters": [parameter("v", "query", LIST, **more)]}
    assert sent(operation, {"v": value}, method="get").url == f"{BASE}/a?{query}"


def test_it_writes_objects_as_described() -> None:
    properties = {"type": "object", "properties": {"gte": {"type": "integer"}}}
    deep = parameter("created", "query", properties, style="deepObject", explode=True)
    spread = parameter("page", "query", {"type": "object", "properties": {"size": {"type": "integer"}}})
    as_json = {"name": "q", "in": "query", "content": {"application/json": {"schema": properties}}}
    operation = {"parameters": [deep, spread, as_json]}
    request = sent(operation, {"created": {"gte": 1}, "size": 5, "q": {"gte": 2}}, method="get")
    assert sorted(request.url.partition("?")[2].split("&")) == [
        "created%5Bgte%5D=1",
        "q=%7B%22gte%22%3A2%7D",
        "size=5",
    ]


def test_it_keeps_the_slashes_of_a_resource_name() -> None:
    operation = {"parameters": [parameter("name", "path", description="As `projects/{project}/topics/{topic}`.")]}
    assert sent(operation, {"name": "projects/p 1/topics/t"}, method="get", path="/{name}:publish").url == (
        f"{BASE}/projects/p%201/topics/t:publish"
    )
    with pytest.raises(Invalid):
        sent(operation, {"name": "projects/../secrets"}, method="get", path="/{name}")


def test_it_sends_a_list_as_the_whole_body_and_keeps_nulls_in_it() -> None:
    request = sent(body({"type": "array", "items": {"type": "object"}}), {"body": [{"op": "add", "value": None}]})
    assert json.loads(request.body or b"") == [{"op": "add", "value": None}]


def test_it_sends_a_merge_patch_as_one() -> None:
    operation = body({}, "application/merge-patch+json")
    request = sent(operation, {"body": {"spec": None}}, method="patch")
    assert (request.headers["Content-Type"], request.body) == ("application/merge-patch+json", b'{"spec":null}')


def test_it_sends_a_form() -> None:
    media = {
        "schema": {"properties": {"to": TEXT, "metadata": {"type": "object"}, "tags": LIST}},
        "encoding": {"metadata": {"style": "deepObject", "explode": True}},
    }
    operation = {"requestBody": {"content": {"application/x-www-form-urlencoded": media}}}
    request = sent(operation, {"to": "a&b", "metadata": {"k": "v"}, "tags": ["x", "y"]})
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.body == b"to=a%26b&metadata%5Bk%5D=v&tags=x&tags=y"


def test_it_sends_a_file_in_a_form() -> None:
    operation = body(
        {"properties": {"photo": {"type": "string", "format": "binary"}, "to": TEXT}}, "multipart/form-data"
    )
    photo = {"base64": "aGVsbG8=", "filename": "a.txt", "content_type": "text/plain"}
    request = sent(operation, {"photo": photo, "to": "x"})
    assert request.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert b'name="photo"; filename="a.txt"' in (request.body or b"")
    assert b"hello" in (request.body or b"")


def test_it_sends_plain_bytes_as_what_they_are() -> None:
    request = sent(body({"type": "string", "format": "binary"}, "text/csv"), {"content": "a,b"})
    assert (request.headers["Content-Type"], request.body) == ("text/csv", b"a,b")


def test_it_sends_what_can_only_be_one_value() -> None:
    version = parameter("Version", "query", {"type": "string", "enum": ["2016-11-15"]}, required=True)
    assert sent({"parameters": [version]}, {}, method="get", path="/#Action=List").url == (
        f"{BASE}/?Action=List&Version=2016-11-15"
    )
