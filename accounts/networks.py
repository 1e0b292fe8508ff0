"""Where a request comes from, and whether a tenant, or a key, lets it in from there.

Proxies append the address that they see to X-Forwarded-For. With TRUSTED_PROXIES of our own before us, the entry at
that place counted from the right was written by the outermost of them; what stands left of it anybody may have
written. An address that cannot be told is in no network.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

from accounts.caller import Caller
from accounts.errors import Fault

MOST_NETWORKS = 100

_WITH_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?")


def address_behind(meta: Mapping[str, Any]) -> str:
    """The client's address, from the `META` of a request; empty when it cannot be told."""
    return client_address(meta.get("REMOTE_ADDR") or "", meta.get("HTTP_X_FORWARDED_FOR", ""))


def client_address(peer: str, forwarded: str) -> str:
    """The same from who is connected to us, and X-Forwarded-For with all of its lines joined by commas."""
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return peer
    entries = forwarded.split(",")
    return _entry(entries[-proxies].strip()) if len(entries) >= proxies else ""


def _entry(text: str) -> str:
    """Some proxies write the port, too."""
    found = _WITH_PORT.fullmatch(text)
    address = _read((found["v6"] or found["v4"]) if found else text)
    return str(address) if address is not None else ""


def is_within(address: str, networks: Sequence[str]) -> bool:
    """Whether the address is in one of these, or there are none, which means anywhere."""
    if not networks:
        return True
    found = _read(address)
    return found is not None and any(found in network for network in _compiled(tuple(networks)))


def network_faults(path: str, networks: object) -> Iterator[Fault]:
    if not isinstance(networks, list) or len(networks) > MOST_NETWORKS:
        yield Fault(path, f"Give a list of at most {MOST_NETWORKS} networks; an empty one means anywhere.")
        return
    for index, network in enumerate(networks):
        if not isinstance(network, str) or not _is_network(network):
            yield Fault(
                f"{path}[{index}]",
                "Give a network such as `203.0.113.0/24` or `2001:db8::/32`, without bits behind its prefix, or one "
                "address.",
            )


def lockout_faults(path: str, by: Caller, networks: Sequence[str]) -> Iterator[Fault]:
    """Nobody shuts themselves out."""
    if not is_within(by.address, networks):
        whence = f"address {by.address} is" if by.address else "address cannot be told, so it is"
        yield Fault(path, f"Your own {whence} not in these networks: you would be shut out at once. Add it to them.")


def _is_network(text: str) -> bool:
    try:
        return ip_network(text).version > 0 and text.isascii()
    except ValueError:
        return False


@lru_cache(maxsize=1_000)
def _compiled(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in networks)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """IPv4 that came through an IPv6 socket is IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
