"""Reading a URL once, so strictly that what is checked is what the connection uses.

Odd spellings of hosts are either brought to their one plain form or refused: decimal, octal, hexadecimal and short
IPv4, zone ids, percent-encoded hosts, user names, backslashes. The clients never hand a host to another parser.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from integrations.errors import EgressBlocked

LONGEST_URL = 16_384
Origin = tuple[str, str, int]
"""Scheme, host and port."""
DEFAULT_PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\[\]:]+))(?::(?P<port>[0-9]{1,5})?)?")
_NAME = re.compile(r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
# The WHATWG rule: a host whose last label looks like a number is an IPv4 address or nothing.
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f]")
_MADE_SAFE = "!$%&'()*+,-./:;=?@_~[]"


@dataclass(frozen=True)
class Target:
    """Where a request goes."""

    scheme: str
    host: str
    """A lower-case ASCII name without a dot at its end, or an IP address in its plain form."""
    port: int
    path: str = field(repr=False)
    """Path and query, percent-encoded, as it stands in the request line."""
    is_address: bool

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> Origin:
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.path}"


@lru_cache(maxsize=4096)
def read_target(url: str) -> Target:
    """Raises EgressBlocked with a sentence that says what is wrong with the URL."""
    if len(url) > LONGEST_URL:
        raise EgressBlocked(f"The URL is longer than {LONGEST_URL} characters. Send the data in the body.")
    match = _URL.fullmatch(url)
    if match is None or _CONTROL.search(match["authority"]):
        raise EgressBlocked("The URL is not `http://host/path` or `https://host/path`. Check its spelling.")
    if "@" in match["authority"]:
        raise EgressBlocked("The URL holds a user name or password. Take it out and use a credential instead.")
    authority = _AUTHORITY.fullmatch(match["authority"])
    if authority is None:
        raise EgressBlocked("The URL's host and port cannot be read. Write `host`, `host:port` or `[IPv6]:port`.")
    scheme = match["scheme"].lower()
    host, is_address = _read_host(authority["name"], authority["v6"])
    port = int(authority["port"] or DEFAULT_PORTS[scheme])
    if not 1 <= port <= 65535:
        raise EgressBlocked(f"The URL's port {port} is not between 1 and 65535.")
    return Target(scheme, host, port, _encoded(match["rest"]), is_address)


def join_target(base: Target, location: str) -> Target:
    """What a `Location` header means on an answer from `base`. Raises EgressBlocked."""
    try:
        return read_target(urljoin(base.url, location))
    except ValueError:
        # Not from it: it would quote what may be a secret.
        raise EgressBlocked("The service redirects to something that is not a URL.") from None


def _read_host(name: str | None, v6: str | None) -> tuple[str, bool]:
    try:
        if v6 is not None:
            return str(IPv6Address(v6)), True
        host = _ascii(name or "").removesuffix(".")
        if _ENDS_IN_NUMBER.fullmatch(host):
            return str(IPv4Address(host)), True
    except AddressValueError as error:
        raise EgressBlocked(
            "The URL's host is an oddly spelled IP address. Write IPv4 as four decimal numbers (192.0.2.1), "
            "IPv6 in brackets and without a zone ([2001:db8::1])."
        ) from error
    if not _NAME.fullmatch(host):
        raise EgressBlocked("The URL's host is not a host name. Use letters, digits, dashes and dots.")
    return host, False


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise EgressBlocked("The URL's host is not a valid international name. Write its xn-- form.") from error


def _encoded(rest: str) -> str:
    """Path and query with everything that may not stand in a request line percent-encoded; `%` stays as it is."""
    if _CONTROL.search(rest.replace(" ", "")):
        raise EgressBlocked("The URL holds control characters. Percent-encode them.")
    try:
        safe = quote(rest, safe=_MADE_SAFE)
    except UnicodeEncodeError as error:
        raise EgressBlocked("The URL holds half a surrogate pair. Send valid Unicode.") from error
    return safe if safe.startswith("/") else f"/{safe}"
