from typing import Any

import pytest

from integrations.documents import BadDocument
from integrations.openapi.report import Report
from integrations.openapi.servers import Server, is_public, read_server, server_of

ORIGIN = {
    "title": "Address of the server",
    "pattern": r"https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?",
    "example": "https://api.example.com",
}


def found(*urls: Any, origin: str = "") -> tuple[Server, list[str]]:
    report = Report()
    servers = [url if isinstance(url, dict) else {"url": url} for url in urls]
    return server_of(servers, origin, report), list(report.warnings)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://api.parcels.com/v1/", "https://api.parcels.com/v1"),
        ("//api.parcels.com", "https://api.parcels.com"),
        ("https://api.parcels.com/v1?x=1#y", "https://api.parcels.com/v1"),
        ("https://api.parcels.com:8443", "https://api.parcels.com:8443"),
    ],
)
def test_it_takes_a_server_as_the_base_of_all_calls(url: str, base_url: str) -> None:
    assert found(url) == (Server(base_url), [])


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("/v1", "https://docs.parcels.com/v1"),
        ("../v2", "https://docs.parcels.com/v2"),
        ("", "https://docs.parcels.com/api"),
    ],
)
def test_it_looks_for_a_relative_server_where_the_document_is(url: str, base_url: str) -> None:
    assert found(url, origin="https://docs.parcels.com/api/openapi.json")[0].base_url in (
        base_url,
        "https://docs.parcels.com",
    )


@pytest.mark.parametrize(("urls", "base_url"), [([], "{origin}"), (["/v1"], "{origin}/v1"), ([{}, None], "{origin}")])
def test_it_lets_each_connection_say_where_a_server_is_that_no_one_knows(urls: list[Any], base_url: str) -> None:
    server, warnings = found(*urls)
    assert server == Server(base_url, {"origin": ORIGIN})
    assert warnings[-1] == "The document does not say where the service is: each connection gives its server's address."


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/api",
        "https://127.0.0.1/api",
        "https://10.1.2.3/api",
        "http://169.254.169.254/api",
        "https://[::1]/api",
        "https://jira.local/api",
        "https://service.internal/api",
        "https://server/api",
    ],
)
def test_it_tells_of_a_server_that_is_not_on_the_internet(url: str) -> None:
    server, warnings = found(url)
    assert server == Server("{origin}/api", {"origin": ORIGIN})
    assert warnings == [f"The document's server, {url}, is not on the Internet: each connection gives its address."]


def test_it_makes_variables_of_what_each_account_has_for_itself() -> None:
    variables = {
        "Sub-Domain": {"default": "acme", "description": "Your *own* part."},
        "region": {"enum": ["eu", "us"], "default": "eu"},
        "basePath": {"default": "api/v2"},
        "port": {"default": "8443"},
        "version": {"default": "{version}"},
    }
    written = {"url": "https://{Sub-Domain}.{region}.parcels.com:{port}/{basePath}/{version}", "variables": variables}
    server, _ = found(written)
    assert server.base_url == "https://{sub_domain}.{region}.parcels.com:8443/api/v2/{version}"
    assert server.variables["sub_domain"] == {
        "title": "Sub domain",
        "pattern": "[A-Za-z0-9.-]{1,200}",
        "description": "Your own part.",
        "default": "acme",
    }
    assert server.variables["region"] == {"title": "Region", "pattern": "eu|us", "default": "eu"}
    assert server.variables["version"] == {"title": "Version", "pattern": "[A-Za-z0-9._-]{1,200}"}


@pytest.mark.parametrize(
    ("variables", "base_url"),
    [
        ({"scheme": {"enum": ["http", "https"], "default": "http"}}, "https://api.parcels.com"),
        ({"scheme": {"default": "http"}}, "http://api.parcels.com"),
        ({}, "https://api.parcels.com"),
    ],
)
def test_it_prefers_what_is_encrypted(variables: Any, base_url: str) -> None:
    assert found({"url": "{scheme}://api.parcels.com", "variables": variables})[0].base_url == base_url


def test_it_chooses_a_server_for_real_work() -> None:
    server, warnings = found(
        "https://sandbox.parcels.com", "http://api.parcels.com", "https://api.parcels.com", "http://localhost"
    )
    assert server.base_url == "https://api.parcels.com"
    assert warnings == [
        "Calls go to https://api.parcels.com. The document names other servers, too: "
        "https://sandbox.parcels.com, http://api.parcels.com, http://localhost."
    ]


def test_it_tells_that_credentials_would_go_out_in_the_clear() -> None:
    assert found("http://api.parcels.com")[1] == [
        "http://api.parcels.com is not encrypted: credentials would go out in the clear."
    ]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.com",
        "https://",
        "https://a b.com",
        "https://me@x.com",
        "https://x.com:port",
        "https://x.com/{",
        "http://[x",
    ],
)
def test_it_passes_over_what_is_no_server(url: str) -> None:
    assert read_server({"url": url}, "") is None


@pytest.mark.parametrize("name", ["token", "apiKey", "access_token"])
def test_it_refuses_an_address_that_holds_a_credential(name: str) -> None:
    written = {"url": f"https://api.parcels.com/bot{{{name}}}", "variables": {name: {"default": "123:ABC"}}}
    with pytest.raises(BadDocument, match="holds a credential"):
        found(written)


def test_it_leaves_an_empty_port_out() -> None:
    assert found("https://api.parcels.com:{port}")[0].base_url == "https://api.parcels.com"


@pytest.mark.parametrize(
    ("url", "public"), [("https://8.8.8.8", True), ("https://{x}.parcels.com", True), ("https://100.64.0.1", False)]
)
def test_it_knows_public_hosts(url: str, public: bool) -> None:
    assert is_public(url) is public
