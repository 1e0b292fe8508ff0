"""Whether an address leads to a domain: a URL, a host with or without a port, or an e-mail address.

Only what every client reads alike is certain. Anything odder (backslashes, tabs, percent-encoded hosts, numbers that
are addresses, several `@`) may lead anywhere.
"""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

import idna

from registry.permissions.fit import Fit, Test, fit

LONGEST_ADDRESS = 16_384

_URL = re.compile(r"[a-z][a-z0-9+.-]*://([^/?#]*)(?:[/?#][^\x00-\x1f\\]*)?", re.IGNORECASE)
_EMAIL = re.compile(r"(?:mailto:)?[^\s@:/?#\\,;<>()\"%]+@([^\s@:/?#\\,;<>()\"%]+)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:[^@\\\s]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:@\\\s%]+))(?::[0-9]{1,5})?")
_NAME = re.compile(r"(?!.{254})[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")


class BadDomain(ValueError):
    """Its text is a sentence that says what would be right."""


def host_of(address: str) -> str | None:
    """The one host that this address leads to, in its plain form; None when that cannot be told for certain."""
    text = address.strip(" ")
    if len(text) > LONGEST_ADDRESS:
        return None
    if found := _URL.fullmatch(text) or _EMAIL.fullmatch(text):
        return _host_in(found[1])
    return _host_in(text.partition("/")[0]) if "://" not in text and "@" not in text else None


def _host_in(authority: str) -> str | None:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        return None
    try:
        return str(IPv6Address(found[1])) if found[1] else _plain(found[2])
    except (AddressValueError, idna.IDNAError, UnicodeError):
        return None


def _plain(name: str) -> str | None:
    host = (name if name.isascii() else idna.encode(name, uts46=True).decode()).lower().removesuffix(".")
    if _ENDS_IN_NUMBER.fullmatch(host):
        return str(IPv4Address(host))
    return host if _NAME.fullmatch(host) else None


def read_domain(text: str) -> str:
    """A domain as rules name it. Raises BadDomain."""
    host = _host_in(f"[{text}]" if text.count(":") > 1 else text)
    if host is None or "@" in text or text.endswith(":") or (":" in text and ":" not in host):
        raise BadDomain("Give a domain such as `example.com`: it stands for its subdomains, too. No `*`, port or path.")
    return host


def in_domains(domains: Sequence[str]) -> Test:
    """A string that leads to one of these domains or below."""
    ends = tuple(f".{domain}" for domain in domains)

    def test(value: Any) -> Fit:
        host = host_of(value) if isinstance(value, str) else None
        return Fit.MAYBE if host is None else fit(host in domains or host.endswith(ends))

    return test
