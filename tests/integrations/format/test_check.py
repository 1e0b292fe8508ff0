from typing import Any

import pytest

from accounts.errors import Fault
from integrations.format.check import CATEGORIES, schema_faults
from tests.integrations.format.samples import CONNECTOR, faults_in, faults_of

SIGN_IN = {"type": "oauth2", "authorize_url": "https://x.example/a", "token_url": "https://x.example/t"}


def test_it_knows_its_categories() -> None:
    assert list(CATEGORIES) == sorted(set(CATEGORIES))
    assert faults_in({"category": "toys"})["$.connector.category"].startswith("There is no such category. Known: ai,")


@pytest.mark.parametrize("slug", ["", "Parcels", "par_cels", "-parcels", "par--cels", "parcels/..", "p" * 41])
def test_it_refuses_a_slug_that_is_no_name(slug: str) -> None:
    assert "$.slug" in faults_of(CONNECTOR, slug=slug)


@pytest.mark.parametrize("docs", ["javascript:alert(1)", "data:text/html,x", "//x.example", "x"])
def test_it_refuses_documentation_that_nobody_should_follow(docs: str) -> None:
    assert list(faults_in({"docs": docs})) == ["$.connector.docs"]


@pytest.mark.parametrize(
    ("way", "place"),
    [
        ({"type": "api_key", "name": "K", "fields": {"token": {}}}, ".fields"),
        ({"type": "basic", "fields": {"password": {}}}, ".fields"),
        ({"type": "bearer", "fields": {"key": {}}}, ".fields"),
        ({"type": "aws_sigv4", "service": "s3", "region": "r", "fields": {"access_key_id": {}}}, ".fields"),
        ({"type": "bearer", "fields": {"token": {"type": "strong"}}}, ".fields.properties.token.type"),
        ({"type": "bearer", "fields": {"token": {"pattern": "(?=a)b"}}}, ".fields"),
        ({"type": "bearer", "fields": {"token": {"$ref": "https://x.example/s"}}}, ".fields"),
        ({"type": "oauth2", "token_url": "https://x.example/t"}, ".authorize_url"),
        ({**SIGN_IN, "scopes": {"a": "x"}, "default_scopes": ["b"]}, ".default_scopes"),
        ({**SIGN_IN, "authorize_params": {"state": "mine"}}, ".authorize_params.state"),
        ({**SIGN_IN, "scope_parameter": "redirect_uri"}, ".authorize_params.redirect_uri"),
        ({**SIGN_IN, "token_path": "a b"}, ".token_path"),
        ({**SIGN_IN, "error_path": "a b"}, ".error_path"),
        ({**SIGN_IN, "keep": {"origin": "a b"}}, ".keep.origin"),
        ({"type": "login", "call": "/in", "token_path": "a b"}, ".token_path"),
        ({"type": "login", "call": "/in", "token_path": "a", "expires_in_path": "a b"}, ".expires_in_path"),
        ({"type": "login", "call": "/in", "token_path": "a", "body": {"user": "name"}}, ".body.user"),
    ],
)
def test_it_names_what_a_way_to_prove_oneself_lacks(way: dict[str, Any], place: str) -> None:
    assert list(faults_in({"auth": {"way": way}})) == [f"$.connector.auth.way{place}"]


def test_it_needs_no_authorize_url_where_nobody_has_to_agree() -> None:
    way = {"type": "oauth2", "token_url": "https://x.example/t", "grant": "client_credentials"}
    assert faults_in({"auth": {"way": way}}) == {}


@pytest.mark.parametrize("auth", [{"key": {"type": "api_key", "name": "K"}}, {"sign-in": SIGN_IN}])
def test_it_wants_a_call_that_proves_a_credential(auth: dict[str, Any]) -> None:
    document = {name: CONNECTOR[name] for name in CONNECTOR if name != "check"} | {"auth": auth}
    assert list(faults_of(document)) == ["$.connector.check"]
    assert faults_of(document, source="openapi") == {}
    assert faults_of({**document, "auth": {"none": {"type": "none"}}}) == {}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"check": {"call": "GET me"}}, "$.connector.check.call"),
        ({"check": {"call": "GET https://elsewhere.example/me"}}, "$.connector.check.call"),
        ({"check": {"call": "/me", "account": "a b"}}, "$.connector.check.account"),
        ({"error_when": "a b"}, "$.connector.error_when"),
        ({"error_message": "shout(a)"}, "$.connector.error_message"),
        ({"rate_limit": {"per_moment": 5}}, "$.connector.rate_limit.per_moment"),
        ({"rate_limit": {"burst": 5}}, "$.connector.rate_limit"),
    ],
)
def test_it_names_what_cannot_be_used(changes: dict[str, Any], place: str) -> None:
    assert place in faults_in(changes)


def test_it_says_where_a_schema_is_none() -> None:
    assert list(schema_faults("$.output", {"type": "object"})) == []
    (fault,) = schema_faults("$.output", {"properties": {"a b": {"minLength": -1}}})
    assert isinstance(fault, Fault)
    assert fault.path == '$.output.properties["a b"].minLength'
    assert fault.message.startswith("This is no JSON Schema: -1 is less than")


def test_it_fetches_nothing_that_a_schema_refers_to() -> None:
    assert list(schema_faults("$", {"$ref": "http://127.0.0.1:1/schema.json"})) == []
