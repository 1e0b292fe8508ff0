"""Which addresses are not the public internet: the IANA special-purpose registries, and the clouds' metadata."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Whoever can read these owns the machine: no range that an operator allows ever includes them.
METADATA: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "169.254.169.0/24",  # AWS, Google, Azure, Oracle, DigitalOcean, Hetzner, OpenStack, IBM
        "169.254.170.0/24",  # AWS ECS tasks (.2) and EKS pods (.23)
        "169.254.0.23/32",  # Tencent
        "169.254.42.42/32",  # Scaleway
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure's host
        "192.0.0.192/32",  # Oracle, classic
        "fd00:ec2::/32",  # AWS
        "fd20:ce::/32",  # Google
        "fd00:42::42/128",  # Scaleway
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "fe80::a9fe:a9fe/128",  # OpenStack
    )
)

# What each range is, narrow ones before the wide ones that hold them.
SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/32", "the unspecified address"),
        ("0.0.0.0/8", "an address of this network"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a carrier's shared address"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a 6to4 relay's address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("::/128", "the unspecified address"),
        ("::1/128", "a loopback address"),
        ("::/96", "an IPv4-compatible address"),
        ("::ffff:0:0/96", "an IPv4-mapped address"),
        ("::ffff:0:0:0/96", "an IPv4-translated address"),
        ("64:ff9b::/96", "a NAT64 address"),
        ("64:ff9b:1::/48", "a local NAT64 address"),
        ("100::/64", "a discard address"),
        ("2001::/32", "a Teredo address"),
        ("2001:2::/48", "a benchmarking address"),
        ("2001:db8::/32", "a documentation address"),
        ("2001::/23", "a reserved address"),
        ("2002::/16", "a 6to4 address"),
        ("3fff::/20", "a documentation address"),
        ("fc00::/7", "a unique local address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)
PUBLIC_V6 = IPv6Network("2000::/3")

# Where the last four bytes are an IPv4 address; a /48 of local NAT64 is nearly always used this way, too.
_IPV4_AT_THE_END = tuple(
    IPv6Network(network) for network in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")
)
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)
_NOT_WRAPPED = (IPv6Address("::"), IPv6Address("::1"))

# Ports of other protocols, which a crafted HTTP request could talk into something (the Fetch standard's list).
OTHER_PROTOCOLS = frozenset(
    (
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103),
        *(104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513),
        *(514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719),
        *(1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679),
        *(6697, 10080),
    )
)


def kind_of(address: Address) -> str | None:
    """What the address is in words, or None when it belongs to the public internet."""
    for network, kind in SPECIAL:
        if address in network:
            return kind
    if address.version == 6 and address not in PUBLIC_V6:
        return "a reserved address"
    return None


def is_metadata(address: Address) -> bool:
    return any(address in network for network in METADATA)


def wrapped_in(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that a translator or tunnel would read out of an IPv6 address."""
    if address.version == 4 or address in _NOT_WRAPPED:
        return ()
    value = int(address)
    found = []
    if any(address in network for network in _IPV4_AT_THE_END) or (value >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(value & 0xFFFFFFFF)
    if address in _LOCAL_NAT64:
        # RFC 6052 with a 48-bit prefix: two bytes, the byte that is always 0, two bytes.
        found.append((value >> 48) & 0xFFFF0000 | (value >> 40) & 0xFFFF)
    if address in _SIX_TO_FOUR:
        found.append((value >> 80) & 0xFFFFFFFF)
    if address in _TEREDO:
        found += [(value >> 64) & 0xFFFFFFFF, ~value & 0xFFFFFFFF]
    return tuple(IPv4Address(number) for number in found)


def parse_address(text: str) -> Address:
    """An address as a resolver returns it. Raises ValueError; a zone id is no address that we connect to."""
    if "%" in text:
        raise ValueError(f"{text} has a zone id.")
    return ip_address(text)
