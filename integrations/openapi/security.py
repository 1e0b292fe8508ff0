"""Security schemes as ways to prove who calls."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from integrations.openapi.document import listed, mapping, text
from integrations.openapi.names import words_of
from integrations.openapi.prose import plain
from integrations.openapi.report import Report

MOST_WAYS = 20
MOST_SCOPES = 500
_PLACES = frozenset({"header", "query", "cookie"})
_GRANTS = {"authorizationCode": "authorization_code", "clientCredentials": "client_credentials"}
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")


def ways_of(schemes: Mapping[str, Mapping[str, Any]], base_url: str, report: Report) -> dict[str, dict[str, Any]]:
    """By name, those first that a person need not type in. What has to be set up by hand is told in the report."""
    ways: dict[str, dict[str, Any]] = {}
    for name, scheme in schemes.items():
        for suffix, way in _ways(name, scheme, base_url, report):
            ways.setdefault(_way_name(name, suffix), way)
    order = {"oauth2": 0, "aws_sigv4": 0, "bearer": 1, "api_key": 2, "basic": 3}
    return dict(sorted(ways.items(), key=lambda item: order[item[1]["type"]])[:MOST_WAYS])


def key_places(schemes: Mapping[str, Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """Where API keys go, and under what name, in lower case."""
    return frozenset(
        (text(scheme.get("in")).lower(), text(scheme.get("name")).lower())
        for scheme in schemes.values()
        if scheme.get("type") == "apiKey"
    )


def way_for(place: str, wire: str) -> dict[str, Any]:
    """For a document that names no schemes, and asks for a key as a parameter."""
    if wire.lower() == "authorization":
        return {"type": "bearer", "title": "Access token"}
    return {"type": "api_key", "title": "API key", "in": place, "name": wire}


def scopes_of(requirements: Any, oauth_names: frozenset[str]) -> list[str]:
    """What an operation requires of OAuth; nothing where it takes any of several, which the service tells apart."""
    ways = [
        [scope for scope in listed(scopes) if isinstance(scope, str) and scope][:50]
        for requirement in listed(requirements)
        for name, scopes in mapping(requirement).items()
        if name in oauth_names
    ]
    return ways[0] if ways and all(way == ways[0] for way in ways) else []


def _ways(name: str, scheme: Mapping[str, Any], base_url: str, report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    kind, words = scheme.get("type"), plain(scheme.get("description"), 300)
    help_ = {"help": words} if words else {}
    if text(scheme.get("x-amazon-apigateway-authtype")).lower() == "awssigv4":
        region = "{region}" if "{region}" in base_url else "us-east-1"
        yield "", {"type": "aws_sigv4", "service": _aws_service(base_url), "region": region}
    elif kind == "apiKey":
        yield from _api_key(name, scheme, help_, report)
    elif kind == "http" and text(scheme.get("scheme")).lower() == "basic":
        yield "", {"type": "basic", "title": "User name and password", **help_}
    elif kind == "http" and text(scheme.get("scheme")).lower() == "bearer":
        yield "", {"type": "bearer", "title": "Access token", **help_}
    elif kind == "oauth2":
        yield from _oauth(name, scheme, base_url, help_, report)
    else:
        told = text(kind) or "nothing known"
        report.warn(
            f"The security scheme `{name[:80]}` ({told[:40]}) has to be set up by hand; a token can be entered."
        )
        yield "", {"type": "bearer", "title": "Access token", **help_}


def _api_key(
    name: str, scheme: Mapping[str, Any], help_: Mapping[str, str], report: Report
) -> Iterator[tuple[str, dict[str, Any]]]:
    place, wire = text(scheme.get("in")).lower() or "header", text(scheme.get("name"))
    if place not in _PLACES or not wire or (place == "header" and not _HEADER.fullmatch(wire)):
        report.warn(f"The security scheme `{name[:80]}` does not say where its key goes, and was left out.")
    elif wire.lower() == "authorization" and place == "header":
        yield "", {"type": "bearer", "title": "Access token", **_prefix_in(help_), **help_}
    else:
        yield "", {"type": "api_key", "title": "API key", "in": place, "name": wire, **help_}


def _prefix_in(help_: Mapping[str, str]) -> dict[str, str]:
    """What stands before the token, where the description shows it: `Authorization: Token abc`."""
    shown = re.search(
        r"\b(Token|Bearer|Basic|ApiKey|Api-Key|Key|OAuth|GoCardless|Klaviyo-API-Key|SSWS)\b[ :=]+[<{\[\"'\w]",
        help_.get("help", ""),
    )
    return {"prefix": f"{shown[1]} "} if shown and shown[1] != "Bearer" else {}


def _oauth(
    name: str, scheme: Mapping[str, Any], base_url: str, help_: Mapping[str, str], report: Report
) -> Iterator[tuple[str, dict[str, Any]]]:
    flows = mapping(scheme.get("flows"))
    found = False
    for flow, grant in _GRANTS.items():
        written = mapping(flows.get(flow))
        token_url = _absolute(written.get("tokenUrl"), base_url)
        authorize_url = _absolute(written.get("authorizationUrl"), base_url)
        if not token_url or (grant == "authorization_code" and not authorize_url):
            continue
        found = True
        urls = {"authorize_url": authorize_url if grant == "authorization_code" else "", "token_url": token_url}
        urls["refresh_url"] = _absolute(written.get("refreshUrl"), base_url)
        scopes = {scope: plain(words, 100) for scope, words in mapping(written.get("scopes")).items() if scope}
        yield (
            "" if grant == "authorization_code" else "client",
            {
                "type": "oauth2",
                "title": "Sign in" if grant == "authorization_code" else "Client credentials",
                "grant": grant,
                **{key: url for key, url in urls.items() if url},
                **({"scopes": dict(list(scopes.items())[:MOST_SCOPES])} if scopes else {}),
                **help_,
            },
        )
    if not found:
        kinds = ", ".join(map(str, flows)) or "none"
        report.warn(
            f"The flows of `{name[:80]}` ({kinds[:60]}) cannot be followed here; an access token can be entered."
        )
        yield "", {"type": "bearer", "title": "Access token", **help_}


def _aws_service(base_url: str) -> str:
    """The first word of the host, as in `ec2.{region}.amazonaws.com`."""
    found = re.match(r"https?://([a-z0-9-]+)\.", base_url)
    return found[1] if found else "execute-api"


def _absolute(url: object, base_url: str) -> str:
    if not isinstance(url, str) or not url.strip() or re.search(r"\s", url.strip()):
        return ""
    joined = urljoin(f"{base_url}/", url.strip()) if base_url.startswith("http") else url.strip()
    return joined.partition("#")[0] if re.match(r"https?://[^/{}@]+", joined) and "{" not in joined else ""


def _way_name(name: str, suffix: str) -> str:
    words = [*words_of(name), *([suffix] if suffix else [])]
    return "-".join(words)[:40].strip("-").lstrip("0123456789-") or "key"
