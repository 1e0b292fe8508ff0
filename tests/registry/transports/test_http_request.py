import json
from typing import Any

import pytest

from accounts.errors import Invalid
from registry.transports.http_definition import read_definition
from registry.transports.http_request import build_endpoint_request, build_request

CONTRACT = {
    "method": "POST",
    "url": "https://api.example.com/v1/{account}/contacts",
    "path": {"account": "account_id"},
    "query": {"filter[id]": "filter_id"},
    "headers": {"X-Trace": "trace"},
    "body": "rest",
    "body_format": "json",
}


def built(values: dict[str, Any], **definition: Any) -> Any:
    return build_request(read_definition({**CONTRACT, **definition}), values)


def test_it_puts_every_property_where_the_definition_says() -> None:
    request = built(
        {"account_id": 7, "filter_id": "a b&c", "trace": "t-1", "email": "ada@example.com", "deep": {"x": 1}}
    )
    assert request.method == "POST"
    assert request.url == "https://api.example.com/v1/7/contacts?filter%5Bid%5D=a%20b%26c"
    assert request.headers["X-Trace"] == "t-1"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {"email": "ada@example.com", "deep": {"x": 1}}


def test_it_names_placeholders_as_their_properties_by_default() -> None:
    assert built({"id": "x"}, url="https://example.com/{id}", path={}, method="GET", body="none").url == (
        "https://example.com/x"
    )


def test_it_sends_no_body_with_get_unless_told() -> None:
    definition = {"method": "GET", "url": "https://example.com/"}
    request = build_request(read_definition(definition), {"a": 1})
    assert request.body is None
    assert "Content-Type" not in request.headers


def test_it_leaves_out_what_was_not_given() -> None:
    request = built({"account_id": 7, "filter_id": None})
    assert request.url == "https://api.example.com/v1/7/contacts"
    assert "X-Trace" not in request.headers


def test_it_repeats_a_list_in_the_query_and_spells_booleans_in_lower_case() -> None:
    request = built({"account_id": 7, "filter_id": [1, True, "x"]}, url="https://example.com/{account}?v=2")
    assert request.url == "https://example.com/7?v=2&filter%5Bid%5D=1&filter%5Bid%5D=true&filter%5Bid%5D=x"


def test_it_escapes_a_path_segment_whole() -> None:
    assert built({"account_id": "a/b?c#d%2e"}).url == "https://api.example.com/v1/a%2Fb%3Fc%23d%252e/contacts"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_it_refuses_a_segment_that_would_climb(segment: str) -> None:
    with pytest.raises(Invalid) as refused:
        built({"account_id": segment})
    assert [fault.path for fault in refused.value.faults] == ["$.account_id"]


@pytest.mark.parametrize("source", ["account_id", "filter_id"])
def test_it_refuses_what_is_too_long_for_a_url(source: str) -> None:
    with pytest.raises(Invalid) as refused:
        built({"account_id": 1, source: "x" * 20_000})
    assert [fault.path for fault in refused.value.faults] == [f"$.{source}"]


def test_it_refuses_a_missing_path_property() -> None:
    with pytest.raises(Invalid):
        built({})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\x00", "\x7f"])
def test_it_refuses_control_characters_in_a_header(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        built({"account_id": 1, "trace": value})
    assert [fault.path for fault in refused.value.faults] == ["$.trace"]


def test_it_refuses_an_object_in_the_query() -> None:
    with pytest.raises(Invalid):
        built({"account_id": 1, "filter_id": {"a": 1}})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("email", '"ada@example.com"'),
        ({"mail": "email", "gone": "missing"}, '{"mail":"ada@example.com"}'),
        ("rest", '{"email":"ada@example.com"}'),
    ],
)
def test_it_builds_each_kind_of_body(body: Any, expected: str) -> None:
    assert built({"account_id": 1, "email": "ada@example.com"}, body=body).body == expected.encode()


def test_it_sends_no_body_when_its_property_was_not_given() -> None:
    assert built({"account_id": 1}, body="email").body is None


def test_it_sends_a_form() -> None:
    request = built({"account_id": 1, "email": "ä@example.com", "tag": ["x", "y"]}, body_format="form")
    assert request.body == b"email=%C3%A4%40example.com&tag=x&tag=y"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_it_posts_an_endpoints_input_as_json() -> None:
    request = build_endpoint_request("https://example.com/stamp", {"page": 1})
    assert (request.method, request.url, request.body) == ("POST", "https://example.com/stamp", b'{"page":1}')


def test_it_puts_a_relative_url_below_the_base() -> None:
    definition = read_definition({"method": "GET", "connector": "crm", "url": "/contacts/{id}", "query": {"q": "q"}})
    request = build_request(definition, {"id": 7, "q": "a"}, base_url="https://acme.crm.example/api")
    assert request.url == "https://acme.crm.example/api/contacts/7?q=a"


def test_it_adds_constants_and_lets_the_caller_go_before_them() -> None:
    constants = {"headers": {"accept": "application/vnd.github+json", "X-Trace": "none"}, "query": {"expand": "a b"}}
    request = built({"account_id": 7, "filter_id": 1, "trace": "t"}, constants=constants)
    assert request.url == "https://api.example.com/v1/7/contacts?expand=a%20b&filter%5Bid%5D=1"
    assert request.headers == {
        "accept": "application/vnd.github+json",
        "Content-Type": "application/json",
        "X-Trace": "t",
    }


def test_it_writes_the_url_in_the_styles_of_its_parts() -> None:
    styles = {"query": {"filter[id]": "comma"}, "path": {"account": "comma"}}
    assert built({"account_id": [1, 2], "filter_id": ["a", "b"]}, styles=styles).url == (
        "https://api.example.com/v1/1,2/contacts?filter%5Bid%5D=a,b"
    )
