from typing import Any

import pytest

from tests.integrations.format.samples import faults_in

SIGN_IN = {"type": "oauth2", "authorize_url": "https://x.example/a", "token_url": "https://x.example/t"}


@pytest.mark.parametrize(
    "url",
    [
        "api.parcels.example",
        "ftp://parcels.example",
        "https://",
        "https://user:pass@parcels.example",
        "https://parcels.example/#top",
        "https://parcels.example/a b",
        "https://parcels.example:port",
        "https://[::1",
        "https://parcels.example/{",
        "/v1",
    ],
)
def test_it_refuses_what_is_no_base_url(url: str) -> None:
    assert list(faults_in({"base_url": url})) == ["$.connector.base_url"]


def test_it_takes_an_address_of_the_operators_own_network() -> None:
    assert faults_in({"base_url": "http://parcels.internal:8080/v1"}) == {}


def test_it_names_a_variable_that_nobody_described() -> None:
    assert faults_in({"base_url": "https://{shop}.parcels.example"}) == {
        "$.connector.base_url": "There is no variable `shop`. Describe it under `variables`."
    }


@pytest.mark.parametrize("name", ["authorize_url", "token_url", "refresh_url", "revoke_url"])
def test_it_looks_at_every_address_of_a_sign_in(name: str) -> None:
    assert list(faults_in({"auth": {"in": {**SIGN_IN, name: "x.example"}}})) == [f"$.connector.auth.in.{name}"]


@pytest.mark.parametrize(
    "host", ["https://x.example", "X.example", "x.example/a", "localhost", "a..b", "{shop}.x.example"]
)
def test_it_refuses_what_is_no_host(host: str) -> None:
    assert list(faults_in({"hosts": ["files.parcels.example", host]})) == ["$.connector.hosts[1]"]


def variable_faults(base_url: str = "https://{shop}.parcels.example", **variable: Any) -> list[str]:
    return list(faults_in({"base_url": base_url, "variables": {"shop": variable}}))


@pytest.mark.parametrize("pattern", ["[a-z0-9-]+", "[a-z]{2,3}", "eu|us", r"[a-z]+(\.[a-z]+)*"])
def test_it_takes_a_pattern_that_stays_within_its_place(pattern: str) -> None:
    assert variable_faults(pattern=pattern) == []


@pytest.mark.parametrize("pattern", [".+", "[^/]+", r"[a-z]+[:/]?", r"\S+", r"[a-z@]+", "[!-~]+"])
def test_it_refuses_a_pattern_that_lets_a_value_lead_elsewhere(pattern: str) -> None:
    assert variable_faults(pattern=pattern) == ["$.connector.variables.shop.pattern"]


@pytest.mark.parametrize("pattern", ["[a-z", "(?=a)a", r"(a)\1", "(a{1,99}){1,99}{1,99}"])
def test_it_refuses_a_pattern_that_cannot_be_used(pattern: str) -> None:
    assert variable_faults(pattern=pattern) == ["$.connector.variables.shop.pattern"]


def test_it_lets_a_variable_be_the_whole_origin() -> None:
    assert variable_faults("{shop}/api", pattern=r"https://[a-z]+\.parcels\.example") == []


@pytest.mark.parametrize("name", ["example", "default"])
def test_it_holds_a_variable_to_its_own_pattern(name: str) -> None:
    assert variable_faults(pattern="[a-z]+", **{name: "acme"}) == []
    assert variable_faults(pattern="[a-z]+", **{name: "ACME 1"}) == [f"$.connector.variables.shop.{name}"]


def test_it_asks_where_a_kept_variable_comes_from() -> None:
    changes = {"base_url": "{origin}", "variables": {"origin": {"kept": True}}}
    assert list(faults_in(changes)) == ["$.connector.variables.origin.kept"]
    assert faults_in({**changes, "auth": {"in": {**SIGN_IN, "keep": {"origin": "instance_url"}}}}) == {}


@pytest.mark.parametrize(
    ("way", "place"),
    [
        ({"type": "login", "call": "POST /{shop}/in", "token_path": "t"}, ".call"),
        ({"type": "aws_sigv4", "service": "s3", "region": "{region}"}, ".region"),
        ({**SIGN_IN, "token_headers": {"X-Shop": "{shop}"}}, ".token_headers.X-Shop"),
        ({**SIGN_IN, "token_params": {"shop": "{shop}"}}, ".token_params.shop"),
        ({**SIGN_IN, "refresh_params": {"shop": "{shop}"}}, ".refresh_params.shop"),
    ],
)
def test_it_names_what_nobody_can_fill_in(way: dict[str, Any], place: str) -> None:
    assert list(faults_in({"auth": {"in": way}})) == [f"$.connector.auth.in{place}"]


def test_it_lets_a_request_for_a_token_carry_what_was_entered() -> None:
    way = {**SIGN_IN, "fields": {"shop": {"title": "Shop"}}, "token_params": {"shop": "{shop}"}}
    assert faults_in({"auth": {"in": way}}) == {}


@pytest.mark.parametrize("call", ["POST .evil.example/login", "POST @evil.example/login", "POST ftp://x.example"])
def test_it_refuses_a_login_that_is_neither_a_path_nor_an_address(call: str) -> None:
    way = {"type": "login", "call": call, "token_path": "token"}
    assert list(faults_in({"auth": {"login": way}})) == ["$.connector.auth.login.call"]
