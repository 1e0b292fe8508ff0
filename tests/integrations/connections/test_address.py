from dataclasses import replace
from typing import Any

import pytest

from accounts.errors import Invalid
from integrations.connections.address import base_url, base_url_so_far, keep_variables, origins, read_variables
from integrations.format.read import read_connector
from integrations.format.types import Connector

ACTIONS = {"me": {"description": "Who I am.", "call": "GET /me"}}


def connector(base: str = "https://{subdomain}.desk.example/api/v2/", **more: Any) -> Connector:
    written = {"name": "Desk", "category": "support", "description": "Answers people.", "base_url": base}
    variables = {"subdomain": {"title": "Subdomain", "pattern": "[a-z0-9-]+", "example": "acme"}}
    return read_connector("desk", {**written, "variables": variables, **more}, ACTIONS)


def kept() -> Connector:
    """Its whole origin comes with the token."""
    oauth = {
        "type": "oauth2",
        "token_url": "https://login.crm.example/token",
        "authorize_url": "https://login.crm.example/authorize",
        "keep": {"instance_url": "instance_url"},
    }
    variables = {"instance_url": {"pattern": r"https://[a-z0-9-]+\.crm\.example", "kept": True}}
    return connector("{instance_url}/services", variables=variables, auth={"oauth": oauth}, check={"call": "/me"})


def faults(found: Connector, entered: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        read_variables(found, entered)
    return {fault.path: fault.message for fault in caught.value.faults}


def test_it_fills_the_variables_in() -> None:
    variables = read_variables(connector(), {"subdomain": "acme"})
    assert variables == {"subdomain": "acme"}
    assert base_url(connector(), variables) == "https://acme.desk.example/api/v2"


@pytest.mark.parametrize(
    "value",
    [
        *("evil.example/", "evil.example#", "evil.example?", "user@evil", "acme:8080", "a\\b", "a b", "a\n"),
        *("Acme", "acme.evil", "a" * 301, 7, None),
    ],
)
def test_it_refuses_a_value_that_leads_elsewhere(value: Any) -> None:
    assert list(faults(connector(), {"subdomain": value})) == ["$.variables.subdomain"]


def test_it_refuses_delimiters_whatever_the_pattern_lets_through() -> None:
    lax = connector()
    lax = replace(lax, variables=(replace(lax.variables[0], pattern=".*"),))
    assert list(faults(lax, {"subdomain": "evil.example/x"})) == ["$.variables.subdomain"]


def test_it_says_what_is_missing_and_what_is_unknown() -> None:
    assert faults(connector(), {"domain": "acme"}) == {
        "$.variables.domain": "Desk has no such variable to enter.",
        "$.variables.subdomain": "Enter this, for example `acme`.",
    }


def test_it_takes_the_default_where_nothing_is_entered() -> None:
    variables = {"subdomain": {"title": "Region", "pattern": "[a-z]+", "default": "eu"}}
    assert read_variables(connector(variables=variables), {}) == {"subdomain": "eu"}


def test_it_refuses_an_address_that_egress_does_not_call() -> None:
    variables = {"subdomain": {"title": "Subdomain", "pattern": "[a-z-]+"}}
    with pytest.raises(Invalid, match="The address of Desk cannot be called"):
        read_variables(connector(variables=variables), {"subdomain": "-"})


def test_it_waits_for_what_comes_with_the_token() -> None:
    assert read_variables(kept(), {}) == {}
    assert base_url_so_far(kept(), {}) == ""
    variables = keep_variables(kept(), {}, {"instance_url": "https://acme.crm.example"})
    assert base_url_so_far(kept(), variables) == "https://acme.crm.example/services"
    assert list(faults(kept(), {"instance_url": "https://acme.crm.example"})) == ["$.variables.instance_url"]


@pytest.mark.parametrize("value", ["https://evil.example", "https://acme.crm.example@evil.example", ""])
def test_it_keeps_nothing_that_the_connector_does_not_allow(value: str) -> None:
    with pytest.raises(Invalid, match="sent a `instance_url` with the token"):
        keep_variables(kept(), {}, {"instance_url": value})


def test_it_lets_a_credential_go_to_the_base_url_and_the_hosts_that_are_named() -> None:
    allowed = origins(connector(hosts=["files.desk.example"]), {"subdomain": "acme"})
    assert allowed == {("https", "acme.desk.example", 443), ("https", "files.desk.example", 443)}


def test_it_says_which_variable_is_missing() -> None:
    with pytest.raises(Invalid, match="The variable `subdomain` is missing"):
        base_url(connector(), {})
