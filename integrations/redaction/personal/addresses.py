"""IP addresses, as told from versions, times and names of code."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from integrations.redaction.personal.judged import Candidate, Judged

_VERSION = re.compile(
    r"(?:version|release|build|firmware|upgrade\w*|\bver\.?|\brev|oid|section|chapter|§)[\s:=\"'(v]*\Z"
)
_PACKAGE = re.compile(r"upgrad|downgrad|\bbump|version|\breleas|install|package|changelog|\blib\w")
_COMPARED = re.compile(r"(?:[=<>~!]=|[<>~^])\s?\Z|[\w\])]/\Z|@\Z")
_ADDRESS = re.compile(
    r"\bip|addr|host|server|from|client|remote|ping|listen|bind|dns|gateway|peer|forward|origin|source|proxy|subnet|cidr"
)
_NAMED = re.compile(r"(?:\bip(?:v4|v6)?\b|_ip|ip_?addr\w*|address|remote_addr|host)[\s:=\"']*\Z|:ffff:\Z")


def _judge_v4(candidate: Candidate) -> int:
    text, before = candidate.text, candidate.before
    parts = text.split(".")
    if len(parts) != 4 or candidate.after.isalpha() or candidate.after == "_":
        return 0
    try:
        address = IPv4Address(text)
    except AddressValueError:
        return 0
    if _is_nobodys(address) or parts[0] == "255":
        return 0
    if _NAMED.search(before):
        return len(text)
    if (
        _PACKAGE.search(before)
        or _VERSION.search(before)
        or (_COMPARED.search(before) and not before.endswith("//") and candidate.after != ":")
    ):
        return 0
    if all(len(part) == 1 for part in parts) or text.endswith(".0.0"):
        return len(text) if _ADDRESS.search(before) else 0
    return len(text)


def _judge_v6(candidate: Candidate) -> int:
    text = candidate.text
    if candidate.after.isalnum() or candidate.after in ("_", "."):
        return 0
    if text.endswith(":") and not text.endswith("::"):
        text = text[:-1]
    groups = [group for group in text.split(":") if group]
    # `ab::cd` is more often a name of code than a host; eight bytes in hex are no address either.
    if len(groups) < 2 or not any(letter.isdigit() for letter in text):
        return 0
    if len(groups) == 8 and all(len(group) == 2 for group in groups):
        return 0
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return 0
    return 0 if _is_nobodys(address) else len(text)


def _is_nobodys(address: IPv4Address | IPv6Address) -> bool:
    """The same for everybody: it says nothing about anybody."""
    return address.is_loopback or address.is_unspecified or address.is_link_local or address.is_multicast


IPV4 = Judged(
    "ip",
    (".",),
    re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3,}(?:-[A-Za-z][\w.]{0,30})?"),
    judge=_judge_v4,
    longest=80,
)
IPV6 = Judged(
    "ip",
    (":",),
    re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,12}"),
    judge=_judge_v6,
    longest=70,
)
