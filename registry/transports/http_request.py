"""From an HTTP tool's definition and a valid input to the request on the wire."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from accounts.errors import Fault, Invalid
from integrations.egress import EgressRequest
from registry.transports.http_definition import NONE, REST, HttpDefinition

LONGEST_URL = 16_000


def build_request(definition: HttpDefinition, values: Mapping[str, Any]) -> EgressRequest:
    """The request for these values. Raises Invalid when a value cannot stand where it belongs."""
    body, content_type = _body(definition, values)
    headers = {
        name: _header(source, values[source])
        for name, source in definition.headers.items()
        if values.get(source) is not None
    }
    headers["Accept"] = "application/json, */*;q=0.5"
    if content_type:
        headers["Content-Type"] = content_type
    return EgressRequest(method=definition.method, url=_url(definition, values), headers=headers, body=body)


def build_endpoint_request(url: str, values: Mapping[str, Any]) -> EgressRequest:
    """The request of a tool that has endpoints alone: its input, posted as JSON."""
    headers = {"Accept": "application/json, */*;q=0.5", "Content-Type": "application/json"}
    return EgressRequest(method="POST", url=url, headers=headers, body=_json(values))


def _url(definition: HttpDefinition, values: Mapping[str, Any]) -> str:
    url = definition.url
    for name, source in definition.path.items():
        url = url.replace(f"{{{name}}}", _path_segment(source, values.get(source)))
    pairs = list(_query_pairs(definition.query, values))
    if pairs:
        url = f"{url}{'&' if '?' in url else '?'}{urlencode(pairs, quote_via=quote)}"
    if len(url) > LONGEST_URL:
        sources = [*definition.path.values(), *definition.query.values()]
        longest = max(sources, key=lambda source: len(str(values.get(source, ""))))
        raise _misplaced(longest, f"This goes into the URL, which may have {LONGEST_URL} characters. Send less.")
    return url


def _path_segment(source: str, value: Any) -> str:
    text = _scalar(source, value)
    # RFC 3986, 5.2.4: `.` and `..` are removed with what stands before them, even percent-encoded.
    if text in {"", ".", ".."}:
        raise _misplaced(source, "This goes into the URL's path: it may not be empty, `.` or `..`.")
    return quote(text, safe="")


def _query_pairs(query: Mapping[str, str], values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, source in query.items():
        value = values.get(source)
        if isinstance(value, list):
            yield from ((name, _scalar(source, item)) for item in value)
        elif value is not None:
            yield name, _scalar(source, value)


def _header(source: str, value: Any) -> str:
    text = _scalar(source, value)
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise _misplaced(source, "This goes into a header: it may not hold line breaks or control characters.")
    return text


def _scalar(source: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise _misplaced(source, "This goes into the URL or a header: give a string, a number or a boolean.")


def _misplaced(source: str, message: str) -> Invalid:
    return Invalid("The input cannot be sent as it is. See `errors`.", faults=[Fault(f"$.{source}", message)])


def _body(definition: HttpDefinition, values: Mapping[str, Any]) -> tuple[bytes | None, str]:
    body = definition.body
    if body == NONE:
        return None, ""
    if body == REST:
        content: Any = {name: value for name, value in values.items() if name not in definition.used}
    elif isinstance(body, Mapping):
        content = {name: values[source] for name, source in body.items() if source in values}
    elif body in values:
        content = values[body]
    else:
        return None, ""
    if definition.body_format == "form":
        pairs = list(_query_pairs({name: name for name in content}, content))
        return urlencode(pairs, quote_via=quote).encode(), "application/x-www-form-urlencoded"
    return _json(content), "application/json"


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
