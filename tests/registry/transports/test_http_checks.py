from typing import Any

import pytest

from registry import transports

URL = "https://api.example.com/v1/{account}/contacts"
SCHEMA = {
    "type": "object",
    "properties": {name: {} for name in ("account", "account_id", "filter_id", "trace", "email")},
}
GOOD: dict[str, Any] = {
    "method": "POST",
    "url": URL,
    "path": {"account": "account_id"},
    "query": {"filter[id]": "filter_id"},
    "headers": {"X-Trace": "trace"},
    "body": "rest",
    "body_format": "json",
}


def faults_of(**changes: Any) -> dict[str, str]:
    definition = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return {fault.path: fault.message for fault in transports.check("http", definition, {}, SCHEMA)}


def test_it_accepts_the_definition_of_the_contract() -> None:
    assert faults_of() == {}


@pytest.mark.parametrize("body", ["rest", "none", "email", {"mail": "email"}])
def test_it_accepts_each_kind_of_body(body: Any) -> None:
    assert faults_of(body=body) == {}


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "/contacts",
        "https://",
        "https:///x",
        "http://exa mple.com/",
        "http://example.com:99999/",
        7,
        None,
    ],
)
def test_it_refuses_what_is_no_http_url(url: Any) -> None:
    assert faults_of(url=url, path={})["$.definition.url"] == "Give an absolute http:// or https:// URL."


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://{account}.example.com/", "The host is fixed: no placeholders and no user name before the path."),
        ("https://me@example.com/{account}", "The host is fixed: no placeholders and no user name before the path."),
        ("https://example.com/{account}#top", "Leave out the fragment (`#…`): it is never sent."),
        ("https://example.com/{account}/{}", "A placeholder is a name in braces, such as {account}."),
        ("https://example.com/{account}/{x", "A placeholder is a name in braces, such as {account}."),
        (
            "https://example.com/?a={account}",
            "Placeholders stand in the path. Use `query` for the part after the `?`.",
        ),
    ],
)
def test_it_refuses_a_url_that_the_input_could_bend(url: str, sentence: str) -> None:
    assert faults_of(url=url)["$.definition.url"] == sentence


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        ({"methd": "GET"}, "$.definition.methd", "There is no such field here. Known: "),
        ({"method": "TRACE"}, "$.definition.method", "Use one of: GET, HEAD, POST, PUT, PATCH, DELETE."),
        ({"body_format": "xml"}, "$.definition.body_format", "Use one of: json, form, multipart, bytes."),
        ({"path": {"nobody": "trace"}}, "$.definition.path.nobody", "The URL has no placeholder {nobody}."),
        ({"query": {"q": "unknown"}}, "$.definition.query.q", "The input schema has no property `unknown`."),
        ({"query": {"q": 7}}, "$.definition.query.q", "Name a property of the input schema."),
        ({"query": ["q"]}, "$.definition.query", "Give an object: the name on the wire to the input property."),
        ({"headers": {"X Y": "trace"}}, "$.definition.headers.X Y", "This is not a header's name (RFC 9110)."),
        ({"headers": {"Host": "trace"}}, "$.definition.headers.Host", "This header is not the caller's to set."),
        (
            {"headers": {"authorization": "trace"}},
            "$.definition.headers.authorization",
            "This header is not the caller's to set.",
        ),
        ({"body": {"mail": "unknown"}}, "$.definition.body.mail", "The input schema has no property `unknown`."),
        ({"body": "unknown"}, "$.definition.body", "The input schema has no property `unknown`."),
        ({"body": 7}, "$.definition.body", "Name a property of the input schema."),
        ({"method": "GET", "body": "email"}, "$.definition.body", "A GET or HEAD request has no body. Use `query`."),
        (
            {"body_format": "form", "body": "email"},
            "$.definition.body",
            "A form has named fields: use `rest` or a mapping.",
        ),
    ],
)
def test_it_names_what_is_wrong(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert faults_of(**changes)[path].startswith(sentence)


def test_it_takes_endpoints_instead_of_a_definition() -> None:
    assert transports.check("http", {}, {"stamp": "https://example.com/stamp"}, SCHEMA) == []


def test_it_refuses_endpoints_beside_a_definition() -> None:
    [fault] = transports.check("http", GOOD, {"stamp": "https://example.com/stamp"}, SCHEMA)
    assert fault.message == "A tool has either a `definition` or `endpoints`, not both."


def test_it_refuses_an_endpoint_that_is_no_url() -> None:
    [fault] = transports.check("http", {}, {"stamp": "file:///etc/passwd"}, SCHEMA)
    assert fault.path == "$.endpoints.stamp"


def test_it_names_the_transports_there_are() -> None:
    [fault] = transports.check("carrier-pigeon", {}, {}, {})
    assert fault.message == "There is no transport `carrier-pigeon`. Choose one of: builtin, composite, http."


CONNECTED: dict[str, Any] = {"method": "POST", "connector": "slack", "url": "/chat.postMessage"}


def faults_in(definition: dict[str, Any]) -> dict[str, str]:
    return {fault.path: fault.message for fault in transports.check("http", definition, {}, SCHEMA)}


@pytest.mark.parametrize("url", ["/chat.postMessage", "", "?a=1", "/{account}", "https://files.slack.com/x"])
def test_it_takes_a_relative_url_with_a_connector(url: str) -> None:
    assert faults_in({**CONNECTED, "url": url}) == {}


@pytest.mark.parametrize("url", ["chat", "//evil.example/", "/a/../b", "/.", "/a b", "/a\\b", "/a\n", 7, "ftp://x/"])
def test_it_refuses_a_relative_url_that_leads_elsewhere(url: Any) -> None:
    assert faults_in({**CONNECTED, "url": url}) == {
        "$.definition.url": "Give a path that begins with `/`, nothing for the base URL itself, or an absolute "
        "https:// URL."
    }


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        ({"connector": "No Slug"}, "$.definition.connector", "Give a connector's slug."),
        ({"connector": ["slack"]}, "$.definition.connector", "Give a connector's slug."),
        ({"scopes": "chat"}, "$.definition.scopes", "Give a list: what the connection must have been granted."),
        ({"body_mapping": "a b"}, "$.definition.body_mapping", "This is no JMESPath expression"),
        ({"error_message": 7}, "$.definition.error_message", "Give a JMESPath expression"),
        (
            {"method": "GET", "body_mapping": "@"},
            "$.definition.body_mapping",
            "A GET or HEAD request has no body. Use `query`.",
        ),
        ({"graphql": ""}, "$.definition.graphql", "Give a GraphQL document of at most 20,000 characters."),
        ({"graphql": "{ a }", "body_format": "form"}, "$.definition.graphql", "GraphQL is sent with POST, as JSON."),
        ({"styles": []}, "$.definition.styles", "Give an object, such as"),
        ({"styles": {"header": {}}}, "$.definition.styles.header", "There is no such place. Known: query, path, body."),
        ({"styles": {"query": []}}, "$.definition.styles.query", "Give an object: the name on the wire to a style."),
        ({"styles": {"path": {"a": "form"}}}, "$.definition.styles.path.a", "Use one of: comma, json, segments."),
        ({"styles": {"query": {"a": []}}}, "$.definition.styles.query.a", "Use one of: form, comma, space, pipe,"),
        ({"constants": []}, "$.definition.constants", "Give an object, such as"),
        ({"constants": {"path": {}}}, "$.definition.constants.path", "There is no such place."),
        ({"constants": {"query": []}}, "$.definition.constants.query", "Give an object: the name on the wire to its"),
        ({"constants": {"query": {"a": 1}}}, "$.definition.constants.query.a", "Give a text of printable ASCII"),
        ({"constants": {"headers": {"a": "b\n"}}}, "$.definition.constants.headers.a", "Give a text of printable"),
        (
            {"constants": {"headers": {"Authorization": "Bearer x"}}},
            "$.definition.constants.headers.Authorization",
            "This header is not the caller's to set.",
        ),
        (
            {"constants": {"headers": {"Content-Type": "text/plain"}}, "body_format": "multipart"},
            "$.definition.constants.headers.Content-Type",
            "This header is not the caller's to set.",
        ),
        ({"renamed": {"a": 1}}, "$.definition.renamed", "Give an object: a key of the body to its name on the wire."),
        ({"renamed": []}, "$.definition.renamed", "Give an object: a key of the body to its name on the wire."),
        ({"steps": []}, "$.definition.steps", "Give a list of 1 to 10 steps."),
        ({"steps": [7]}, "$.definition.steps[0]", "Give an object: a request with an `id`."),
        ({"steps": [{"url": "/"}]}, "$.definition.steps[0].id", "Give a word of small letters, digits and `_`"),
        ({"steps": [{"id": "email", "url": "/"}]}, "$.definition.steps[0].id", "A property of the input or a step"),
        ({"steps": [{"id": "a", "url": "x"}]}, "$.definition.steps[0].url", "Give a path that begins with `/`"),
        ({"steps": [{"id": "a", "steps": []}]}, "$.definition.steps[0].steps", "There is no such field here."),
        (
            {"steps": [{"id": "a", "url": "/", "url_from": "b"}]},
            "$.definition.steps[0].url",
            "The step has `url_from`. Give one of the two.",
        ),
        (
            {"steps": [{"id": "a", "query": {"q": "gone"}}]},
            "$.definition.steps[0].query.q",
            "The input schema has no property `gone`.",
        ),
        ({"steps": [{"id": "a", "when": "a b"}]}, "$.definition.steps[0].when", "This is no JMESPath expression"),
    ],
)
def test_it_names_what_is_wrong_with_a_connected_tool(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert faults_in({**CONNECTED, **changes})[path].startswith(sentence)


def test_it_lets_no_request_stand_beside_steps() -> None:
    assert faults_in({**CONNECTED, "steps": [{"id": "a", "url": "/"}]}).keys() == {
        "$.definition.method",
        "$.definition.url",
    }


def test_it_wants_scopes_only_of_a_connection() -> None:
    assert faults_of(scopes=["chat:write"]) == {
        "$.definition.scopes": "Only a tool with a `connector` needs scopes. Leave this out."
    }


def test_it_accepts_steps_whose_input_an_expression_makes() -> None:
    steps = [
        {"id": "place", "url": "/upload", "input": "{length: byte_length(email)}", "query": {"length": "length"}},
        {"id": "bytes", "url_from": "place.url", "body_format": "bytes", "input": "{content: email}"},
        {"id": "done", "url": "/done/{id}", "when": "place.ok", "input": "{id: place.id}", "method": "PUT"},
    ]
    assert faults_in({"connector": "slack", "error_when": "!ok", "scopes": ["files:write"], "steps": steps}) == {}


def test_it_takes_a_media_type_for_a_body_of_json() -> None:
    assert faults_of(constants={"headers": {"Content-Type": "application/merge-patch+json"}}) == {}
