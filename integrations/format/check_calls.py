"""What is wrong with one call of an action: where it goes, what it carries, and its expressions."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from accounts.errors import Fault
from integrations.format.calls import PLACEHOLDER
from integrations.format.defaults import WITHOUT_BODY
from integrations.format.types import Connector
from integrations.mapping import check_mapping

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_EXPRESSIONS = {
    **{name: name for name in ("when", "input", "body_mapping", "error_when", "error_message")},
    "url": "url_from",
}


def call_faults(path: str, call: Mapping[str, Any], connector: Connector) -> Iterator[Fault]:
    yield from _address_faults(f"{path}.call", call, connector)
    checked = ("", connector.error_when, connector.error_message)
    for name, field in _EXPRESSIONS.items():
        if (expression := call.get(field, "")) not in checked:
            yield from check_mapping(f"{path}.{name}", expression)
    if call["method"] in WITHOUT_BODY - {"DELETE"} and ("body_mapping" in call or call.get("body", "none") != "none"):
        yield Fault(path, f"A {call['method']} request has no body: its parameters go into the query.")
    if call.get("body_format") == "bytes" and isinstance(call.get("body"), Mapping):
        yield Fault(f"{path}.body", "The bytes are one parameter. Put the others elsewhere with `in`.")


def _address_faults(path: str, call: Mapping[str, Any], connector: Connector) -> Iterator[Fault]:
    if call["method"] not in METHODS:
        yield Fault(path, f"Begin with one of {', '.join(METHODS)}, then the path, such as `GET /users/{{id}}`.")
        return
    url = call.get("url", "")
    yield from host_faults(path, url, connector)
    if "?" in url or "#" in url or url.count("{") != len(PLACEHOLDER.findall(url)):
        yield Fault(path, "Give the path alone; what stands after a `?` belongs into `query` or a parameter.")
    placed = call.get("path", {})
    for name in dict.fromkeys(PLACEHOLDER.findall(url)):
        if name not in placed:
            yield Fault(path, f"No parameter is called `{name}` (or `as: {name}`).")
    for name in placed:
        if f"{{{name}}}" not in url:
            yield Fault(path, f"The path has no place for `{{{name}}}`.")


def host_faults(path: str, url: str, connector: Connector) -> Iterator[Fault]:
    """The credential goes along: to a path of the base URL, or to a host that the connector names."""
    if url.startswith("https://"):
        if _host(url) not in {*connector.hosts, _host(connector.base_url)}:
            yield Fault(path, "This leads to another host. Name it under `hosts`, so that the credential may go there.")
    elif url and not url.startswith("/"):
        yield Fault(path, "Give a path that begins with `/`; it comes after `base_url`.")


def _host(url: str) -> str | None:
    """Empty where it is no URL, of which more is said elsewhere; and in no list of hosts."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return ""
