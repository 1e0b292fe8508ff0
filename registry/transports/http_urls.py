"""What a URL of a tool may be: absolute, its host fixed; or, with a connector, relative to a connection's base URL."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from accounts.errors import Fault
from registry.transports.http_definition import PLACEHOLDER

_ABSOLUTE = "Give an absolute http:// or https:// URL."
_RELATIVE = "Give a path that begins with `/`, nothing for the base URL itself, or an absolute https:// URL."


def check_http_url(path: str, url: object) -> Iterator[Fault]:
    if not isinstance(url, str) or not is_absolute(url):
        yield Fault(path, _ABSOLUTE)


def is_absolute(url: str) -> bool:
    """Whether it is an http(s) URL with a host."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return usable and not any(letter.isspace() or ord(letter) < 32 for letter in url)


def check_url(path: str, request: Mapping[str, Any], *, may_be_relative: bool) -> Iterator[Fault]:
    """The `url` of a request, and the placeholders in it that its `path` names."""
    url = request.get("url", "" if may_be_relative else None)
    if not isinstance(url, str) or not (is_absolute(url) or (may_be_relative and _is_relative(url))):
        yield Fault(f"{path}.url", _RELATIVE if may_be_relative else _ABSOLUTE)
        return
    host, rest = _split(url)
    if "{" in host or "@" in host:
        yield Fault(f"{path}.url", "The host is fixed: no placeholders and no user name before the path.")
    if "#" in url:
        yield Fault(f"{path}.url", "Leave out the fragment (`#…`): it is never sent.")
    placeholders = set(PLACEHOLDER.findall(rest))
    if "" in placeholders or rest.count("{") != len(PLACEHOLDER.findall(rest)):
        yield Fault(f"{path}.url", "A placeholder is a name in braces, such as {account}.")
    if "{" in url.partition("?")[2]:
        yield Fault(f"{path}.url", "Placeholders stand in the path. Use `query` for the part after the `?`.")
    names = request.get("path", {})
    for name in names if isinstance(names, dict) else ():
        if name not in placeholders:
            yield Fault(f"{path}.path.{name}", f"The URL has no placeholder {{{name}}}.")


def _split(url: str) -> tuple[str, str]:
    """The host's part, and the rest."""
    if not is_absolute(url):
        return "", url
    parts = urlsplit(url)
    return parts.netloc, parts.path + parts.query + parts.fragment


def _is_relative(url: str) -> bool:
    begins_well = not url or (url[0] in "/?" and not url.startswith("//"))
    steps = url.partition("?")[0].split("/")
    plain = not any(letter.isspace() or ord(letter) < 32 or letter == "\\" for letter in url)
    return begins_well and plain and not {".", ".."} & set(steps)
