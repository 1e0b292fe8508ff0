"""Where a service is: its servers as a base URL, the parts that differ from account to account as variables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit

from integrations.documents import BadDocument
from integrations.openapi.credentials import is_always_one
from integrations.openapi.document import listed, mapping, text
from integrations.openapi.prose import plain
from integrations.openapi.report import Report

ORIGIN = "origin"
"""The variable of a base URL that the document does not give: each connection says where its server is."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NOT_PUBLIC = re.compile(r"(?:localhost|.*\.(?:local|localhost|internal|lan|test|example|invalid|home|corp))\.?|[^.:]+")
_PLAIN_WORD = re.compile(r"[A-Za-z0-9._-]{1,200}")
_TRIAL = re.compile(r"sandbox|staging|\btest|\bdev\b|\bmock|demo", re.IGNORECASE)
_ANY_HOST, _ANY_WORD = r"[A-Za-z0-9.-]{1,200}", r"[A-Za-z0-9._-]{1,200}"
_ANY_ORIGIN = r"https?://[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?"
_MOST_CHOICES = 400
_CREDENTIALS = frozenset({"key", "password", "secret", "token"})


@dataclass(frozen=True)
class Server:
    base_url: str
    """Without a `/` at its end; holds `{variable}`s."""
    variables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""


def server_of(servers: list[Any], origin: str, report: Report) -> Server:
    """The first that calls should go to; what speaks against it is told in the report. `origin`: the document's URL.

    Raises BadDocument for an address that holds a credential: only a connector written by hand can keep that secret.
    """
    found = [one for one in (read_server(each, origin) for each in servers) if one is not None]
    if not found:
        found = [_unplaced("")]
    best = min(found, key=lambda one: _doubts(one.base_url))
    if len(found) > 1:
        others = ", ".join(one.base_url for one in found if one is not best)[:200]
        report.warn(f"Calls go to {best.base_url}. The document names other servers, too: {others}.")
    _refuse_credential(best)
    if best.base_url.startswith(f"{{{ORIGIN}}}"):
        report.warn("The document does not say where the service is: each connection gives its server's address.")
    elif not is_public(best.base_url):
        report.warn(
            f"The document's server, {best.base_url}, is not on the Internet: each connection gives its address."
        )
        return _unplaced(urlsplit(best.base_url).path, best)
    elif best.base_url.startswith("http://"):
        report.warn(f"{best.base_url} is not encrypted: credentials would go out in the clear.")
    return best


def _refuse_credential(server: Server) -> None:
    for name in server.variables:
        if is_always_one(name) or name in _CREDENTIALS:
            raise BadDocument(
                f"The service's address holds a credential ({{{name}}}), where it could not be kept secret. "
                "Such a service cannot be imported."
            )


def read_server(written: Any, origin: str) -> Server | None:
    """One server; None for what is no URL. A relative one is at the document's own place, or wherever that is."""
    url = text(mapping(written).get("url")).rstrip("/")
    variables = mapping(mapping(written).get("variables"))
    url, kept = _filled(url.partition("#")[0].partition("?")[0], variables)
    if url.startswith("//"):
        url = f"https:{url}"
    if not re.match(r"https?://", url):
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url) or " " in url:
            return None
        if not re.match(r"https?://", origin):
            return _unplaced(url)
        url = urljoin(origin, url or "/").rstrip("/")
    return Server(url, kept) if _is_usable(url) else None


def _unplaced(path: str, server: Server | None = None) -> Server:
    """A server that stands somewhere else for everybody."""
    origin = {"title": "Address of the server", "pattern": _ANY_ORIGIN, "example": "https://api.example.com"}
    path = path.removeprefix("./").strip("/")
    variables = {name: one for name, one in (server.variables if server else {}).items() if f"{{{name}}}" in path}
    return Server(f"{{{ORIGIN}}}/{path}".rstrip("/"), {ORIGIN: origin, **variables})


def _filled(url: str, variables: Mapping[str, Any]) -> tuple[str, dict[str, dict[str, str]]]:
    """The URL with the variables that nobody needs to choose filled in, and those that are left."""
    kept: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(_PLACEHOLDER.findall(url)):
        written = mapping(variables.get(name))
        default = str(written.get("default", ""))
        default = "" if "{" in default else default  # `{account}` for the variable itself
        legal = re.sub(r"[^a-z0-9_]", "_", name.lower()).strip("_0123456789")[:40] or "part"
        at_the_port = f":{{{name}}}" in url
        is_credential = is_always_one(legal) or legal in _CREDENTIALS
        if url.startswith(f"{{{name}}}"):
            choices = [str(one) for one in listed(written.get("enum"))]
            filled = "https" if "https" in choices or not default else default
            url = url.replace(f"{{{name}}}", filled)
        elif not is_credential and (at_the_port or (default and not _PLAIN_WORD.fullmatch(default))):
            url = url.replace(f":{{{name}}}" if at_the_port and not default else f"{{{name}}}", default)
        else:
            url = url.replace(f"{{{name}}}", f"{{{legal}}}")
            kept[legal] = _variable(
                name, written, default, in_host="/" not in url.partition("://")[2].partition(f"{{{legal}}}")[0]
            )
    return url, kept


def _variable(name: str, written: Mapping[str, Any], default: str, *, in_host: bool) -> dict[str, str]:
    choices = [str(one) for one in listed(written.get("enum")) if _PLAIN_WORD.fullmatch(str(one))]
    any_value = _ANY_HOST if in_host else _ANY_WORD
    pattern = "|".join(re.escape(one).replace(r"\-", "-") for one in choices)
    found = {
        "title": name.replace("_", " ").replace("-", " ").strip()[:100].capitalize() or "Part of the address",
        "pattern": pattern if 0 < len(pattern) <= _MOST_CHOICES else any_value,
        "description": plain(written.get("description"), 300),
        "default": default if not choices or default in choices else "",
    }
    return {key: value for key, value in found.items() if value}


def _is_usable(url: str) -> bool:
    filled = _PLACEHOLDER.sub("x", url)
    try:
        parts = urlsplit(filled)
        return bool(parts.hostname) and (parts.port or 1) > 0 and not re.search(r"[\s{}@]", filled)
    except ValueError:
        return False


def _doubts(url: str) -> int:
    return 4 * (not is_public(url)) + 2 * bool(_TRIAL.search(url)) + url.startswith("http://")


def is_public(url: str) -> bool:
    """Whether a host looks like one of the public Internet. Calls are checked again, by the addresses it then has."""
    host = urlsplit(_PLACEHOLDER.sub("x.com", url)).hostname or ""
    try:
        return ip_address(host).is_global
    except ValueError:
        return not _NOT_PUBLIC.fullmatch(host)


def hosts_of(urls: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(host for host in (urlsplit(url).hostname for url in urls) if host))
