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
        ({"body_format": "xml"}, "$.definition.body_format", "Use one of: json, form."),
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
