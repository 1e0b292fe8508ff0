"""Who may be called: one pure decision about one address, the same for every way out.

Public addresses are allowed. Anything else needs an entry of the operator's EGRESS_ALLOW_NETWORKS:

    entry   = [[tenant] "@"] network [":" port]   a tenant's slug before the @: for that tenant only; nothing before
                                                  it: for the installation's own calls, and no tenant's
    network = IPv4 address or CIDR                10.0.0.0/8    10.0.0.0/8:8080    demo@127.0.0.1:8099
            | IPv6 address or CIDR                fd00::/8      in brackets when a port follows: [fd00::/8]:443

A tenant's own list (`Tenant.egress_networks`, entries without a tenant) narrows what the operator allowed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

from integrations.egress.ranges import (
    OTHER_PROTOCOLS,
    Address,
    Network,
    is_metadata,
    kind_of,
    parse_address,
    wrapped_in,
)

_ENTRY = re.compile(
    r"(?:(?P<tenant>(?:[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?)?)@)?"
    r"(?:\[(?P<bracketed>[0-9a-fA-F:./]*:[0-9a-fA-F:./]*)\](?P<port6>:[0-9]{1,5})?"
    r"|(?P<v4>[0-9./]+)(?P<port4>:[0-9]{1,5})?"
    r"|(?P<v6>[0-9a-fA-F:./]+))",
)


class BadEntry(ValueError):
    """An entry of an allow list that cannot be read; the message says what would be right."""


@dataclass(frozen=True)
class AllowedNetwork:
    network: Network
    port: int | None
    """None: every port."""
    tenant_slug: str | None
    """None: every tenant, and the installation itself. Empty: the installation alone."""

    def covers(self, address: Address, port: int) -> bool:
        return self.port in (None, port) and address in self.network


@dataclass(frozen=True, eq=False)
class EgressPolicy:
    """What the operator allows besides the public internet. Compared by identity, so that decisions cache well."""

    allowed: tuple[AllowedNetwork, ...] = ()


def read_policy(entries: Iterable[str]) -> EgressPolicy:
    """Raises BadEntry."""
    return EgressPolicy(tuple(read_entry(entry) for entry in entries))


def read_entry(text: str) -> AllowedNetwork:
    """Raises BadEntry."""
    match = _ENTRY.fullmatch(text.strip())
    if match is None:
        raise BadEntry(f"`{text}` is not `[[tenant]@]CIDR[:port]`, with an IPv6 network in brackets before a port.")
    port = match["port6"] or match["port4"]
    if port is not None and not 1 <= int(port[1:]) <= 65535:
        raise BadEntry(f"`{text}`: a port is a number from 1 to 65535.")
    try:
        network = ip_network(match["bracketed"] or match["v4"] or match["v6"])
    except ValueError as error:
        raise BadEntry(f"`{text}`: {error}.") from error
    return AllowedNetwork(network, int(port[1:]) if port else None, match["tenant"])


def narrowing(stored: object) -> tuple[str, ...] | None:
    """`Tenant.egress_networks` as rules take it. What is not a list of texts allows nothing."""
    if stored is None:
        return None
    if isinstance(stored, list) and all(isinstance(entry, str) for entry in stored):
        return tuple(stored)
    return ()


@lru_cache(maxsize=8192)
def decide(
    policy: EgressPolicy,
    tenant_slug: str,
    address: str,
    port: int,
    tenant_networks: tuple[str, ...] | None = None,
) -> str | None:
    """Why a connection is refused, in words that follow the address ("is …"), or None when it is allowed.

    The arguments are all that counts, so that the answer is cached for as long as there is room.
    """
    try:
        target = parse_address(address)
    except ValueError:
        return "is not an IP address that can be checked"
    return _refusal(policy, tenant_slug, target, port, tenant_networks)


def _refusal(
    policy: EgressPolicy, tenant_slug: str, address: Address, port: int, networks: tuple[str, ...] | None
) -> str | None:
    wrapped = wrapped_in(address)
    if any(is_metadata(one) for one in (address, *wrapped)):
        return "is a metadata address, which no setting allows"
    if not _allowed(policy, tenant_slug, address, port, networks):
        if kind := kind_of(address):
            return f"is {kind}"
        if port in OTHER_PROTOCOLS:
            return f"is asked for on port {port}, which belongs to another protocol"
    for one in wrapped:
        if reason := _refusal(policy, tenant_slug, one, port, networks):
            return f"leads to {one}, which {reason}"
    return None


def _allowed(
    policy: EgressPolicy, tenant_slug: str, address: Address, port: int, networks: tuple[str, ...] | None
) -> bool:
    operator = any(
        entry.covers(address, port)
        for entry in policy.allowed
        if entry.tenant_slug is None or entry.tenant_slug == tenant_slug
    )
    return operator and (networks is None or any(e.covers(address, port) for e in _narrowed(networks)))


@lru_cache(maxsize=1024)
def _narrowed(networks: tuple[str, ...]) -> tuple[AllowedNetwork, ...]:
    # An entry that cannot be read, or that names a tenant, allows nothing.
    readable = []
    for text in networks:
        try:
            readable.append(read_entry(text))
        except BadEntry:
            continue
    return tuple(entry for entry in readable if entry.tenant_slug is None)
