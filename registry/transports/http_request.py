"""From an HTTP tool's definition and a valid input to the request on the wire."""

from collections.abc import Iterator, Mapping
from typing import Any

from integrations.egress import EgressRequest
from integrations.mapping import MOST_WORK
from registry.transports.http_bodies import build_body, json_body
from registry.transports.http_definition import HttpDefinition
from registry.transports.http_styles import fields, misplaced, scalar, segment

LONGEST_URL = 16_000
_ACCEPT = "application/json, */*;q=0.5"


def build_request(
    definition: HttpDefinition, values: Mapping[str, Any], *, base_url: str = "", most_work: int = MOST_WORK
) -> EgressRequest:
    """The request for these values, its URL below `base_url` where it is relative.

    Raises Invalid when a value cannot stand where it belongs, TooMuchWork as `build_body`.
    """
    body, media_type = build_body(definition, values, most_work=most_work)
    ours = {"Accept": _ACCEPT, "Content-Type": media_type} if media_type else {"Accept": _ACCEPT}
    headers = merged(ours, definition.constant_headers, dict(_headers(definition, values)))
    return EgressRequest(method=definition.method, url=_url(definition, values, base_url), headers=headers, body=body)


def build_endpoint_request(url: str, values: Mapping[str, Any]) -> EgressRequest:
    """The request of a tool that has endpoints alone: its input, posted as JSON."""
    headers = {"Accept": _ACCEPT, "Content-Type": "application/json"}
    return EgressRequest(method="POST", url=url, headers=headers, body=json_body(values))


def merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """Headers, the later before the earlier: a name is the same in any case (RFC 9110, 5.1)."""
    filled = [layer for layer in layers if layer]
    if len(filled) == 1:
        return dict(filled[0])
    named = {name.lower(): (name, value) for layer in filled for name, value in layer.items()}
    return dict(named.values())


def _url(definition: HttpDefinition, values: Mapping[str, Any], base_url: str) -> str:
    url = definition.url
    for name, source in definition.path.items():
        style = definition.path_styles.get(name, "")
        url = url.replace(f"{{{name}}}", segment(source, values.get(source), style))
    if not url.startswith(("http://", "https://")):
        url = base_url + url
    query = "&".join(_query(definition, values))
    if query:
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    if len(url) > LONGEST_URL:
        sources = [*definition.path.values(), *definition.query.values()]
        longest = max(sources, key=lambda source: len(str(values.get(source, ""))), default="")
        raise misplaced(longest, f"This goes into the URL, which may have {LONGEST_URL} characters. Send less.")
    return url


def _query(definition: HttpDefinition, values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in definition.constant_query.items():
        yield from fields(name, name, value)
    for name, source in definition.query.items():
        yield from fields(name, source, values.get(source), definition.query_styles.get(name, ""))


def _headers(definition: HttpDefinition, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, source in definition.headers.items():
        if values.get(source) is not None:
            yield name, _header(source, values[source])


def _header(source: str, value: Any) -> str:
    text = scalar(source, value)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise misplaced(source, "This goes into a header: it may not hold line breaks or control characters.")
    return text
