"""The decision about one address, and the grammar of what an operator allows."""

import re

import pytest

from accounts.models.tenant import SLUG_PATTERN
from integrations.egress.policy import AllowedNetwork, BadEntry, decide, narrowing, read_entry, read_policy
from integrations.egress.ranges import METADATA, SPECIAL

CLOSED = read_policy([])
OPEN = read_policy(["0.0.0.0/0", "::/0"])

REFUSED = [
    ("0.0.0.0", "is the unspecified address"),  # noqa: S104
    ("0.1.2.3", "is an address of this network"),
    ("10.0.0.1", "is a private address"),
    ("10.255.255.255", "is a private address"),
    ("100.64.0.1", "is a carrier's shared address"),
    ("100.127.255.254", "is a carrier's shared address"),
    ("127.0.0.1", "is a loopback address"),
    ("127.255.255.254", "is a loopback address"),
    ("169.254.1.1", "is a link-local address"),
    ("172.16.0.1", "is a private address"),
    ("172.31.255.255", "is a private address"),
    ("192.0.0.8", "is a reserved address"),
    ("192.0.2.1", "is a documentation address"),
    ("192.88.99.1", "is a 6to4 relay's address"),
    ("192.168.1.1", "is a private address"),
    ("198.18.0.1", "is a benchmarking address"),
    ("198.19.255.255", "is a benchmarking address"),
    ("198.51.100.7", "is a documentation address"),
    ("203.0.113.7", "is a documentation address"),
    ("224.0.0.1", "is a multicast address"),
    ("239.255.255.250", "is a multicast address"),
    ("240.0.0.1", "is a reserved address"),
    ("255.255.255.255", "is the broadcast address"),
    ("::", "is the unspecified address"),
    ("::1", "is a loopback address"),
    ("::8.8.8.8", "is an IPv4-compatible address"),
    ("::ffff:8.8.8.8", "is an IPv4-mapped address"),
    ("::ffff:127.0.0.1", "is an IPv4-mapped address"),
    ("::ffff:0:127.0.0.1", "is an IPv4-translated address"),
    ("64:ff9b::8.8.8.8", "is a NAT64 address"),
    ("64:ff9b:1::1", "is a local NAT64 address"),
    ("100::1", "is a discard address"),
    ("2001::1", "is a Teredo address"),
    ("2001:2::1", "is a benchmarking address"),
    ("2001:10::1", "is a reserved address"),
    ("2001:db8::1", "is a documentation address"),
    ("2002:808:808::1", "is a 6to4 address"),
    ("3fff::1", "is a documentation address"),
    ("5f00::1", "is a reserved address"),
    ("4000::1", "is a reserved address"),
    ("fc00::1", "is a unique local address"),
    ("fd12:3456::1", "is a unique local address"),
    ("fe80::1", "is a link-local address"),
    ("fec0::1", "is a site-local address"),
    ("ff02::1", "is a multicast address"),
    ("2a00:1450::5efe:10.0.0.1", "leads to 10.0.0.1, which is a private address"),
    ("fe80::1%eth0", "is not an IP address that can be checked"),
    ("example.com", "is not an IP address that can be checked"),
    ("", "is not an IP address that can be checked"),
]

METADATA_ADDRESSES = [
    "169.254.169.254",
    "169.254.169.253",
    "169.254.170.2",
    "169.254.170.23",
    "169.254.0.23",
    "169.254.42.42",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:42::42",
    "fd00:c1::a9fe:a9fe",
    "fe80::a9fe:a9fe",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::169.254.169.254",
    "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "2001:0:808:808:0:0:5601:5601",
    "2a00::5efe:169.254.169.254",
]


@pytest.mark.parametrize(("address", "reason"), REFUSED)
def test_it_refuses_what_is_not_public(address: str, reason: str) -> None:
    assert decide(CLOSED, "acme", address, 443) == reason


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::1"]
)
def test_it_allows_the_public_internet(address: str) -> None:
    assert decide(CLOSED, "acme", address, 443) is None


@pytest.mark.parametrize("address", METADATA_ADDRESSES)
def test_it_refuses_metadata_even_where_everything_is_allowed(address: str) -> None:
    reason = decide(OPEN, "acme", address, 80)
    assert reason is not None
    assert reason.endswith("is a metadata address, which no setting allows")


def test_it_allows_what_the_operator_allows_and_nothing_beside_it() -> None:
    policy = read_policy(["10.1.0.0/16:8080", "[fd12::/16]:443", "192.168.0.0/24"])
    assert decide(policy, "acme", "10.1.2.3", 8080) is None
    assert decide(policy, "acme", "10.1.2.3", 8081) == "is a private address"
    assert decide(policy, "acme", "10.2.0.1", 8080) == "is a private address"
    assert decide(policy, "acme", "fd12::1", 443) is None
    assert decide(policy, "acme", "fd12::1", 80) == "is a unique local address"
    assert decide(policy, "acme", "192.168.0.9", 1) is None


def test_it_allows_a_tenants_entry_to_that_tenant_only() -> None:
    policy = read_policy(["demo@127.0.0.1:8099"])
    assert decide(policy, "demo", "127.0.0.1", 8099) is None
    assert decide(policy, "acme", "127.0.0.1", 8099) == "is a loopback address"


def test_it_allows_the_installations_entry_to_no_tenant() -> None:
    policy = read_policy(["@127.0.0.1:11434"])
    assert decide(policy, "", "127.0.0.1", 11434) is None
    assert decide(policy, "acme", "127.0.0.1", 11434) == "is a loopback address"
    assert decide(policy, "acme", "127.0.0.1", 11434, ("127.0.0.1",)) == "is a loopback address"


def test_a_tenants_list_narrows_and_never_widens() -> None:
    policy = read_policy(["10.0.0.0/8", "192.168.0.0/16:80"])
    narrow = ("10.1.0.0/16:443", "127.0.0.1", "192.168.0.0/16")
    assert decide(policy, "acme", "10.1.0.1", 443, narrow) is None
    assert decide(policy, "acme", "10.1.0.1", 80, narrow) == "is a private address"
    assert decide(policy, "acme", "10.2.0.1", 443, narrow) == "is a private address"
    assert decide(policy, "acme", "127.0.0.1", 80, narrow) == "is a loopback address"
    assert decide(policy, "acme", "192.168.0.1", 80, narrow) is None
    assert decide(policy, "acme", "192.168.0.1", 443, narrow) == "is a private address"
    assert decide(policy, "acme", "8.8.8.8", 443, narrow) is None


def test_a_tenants_list_that_cannot_be_read_allows_nothing() -> None:
    policy = read_policy(["10.0.0.0/8"])
    assert decide(policy, "acme", "10.1.0.1", 443, ("nonsense", "acme@10.0.0.0/8")) == "is a private address"
    assert decide(policy, "acme", "10.1.0.1", 443, ()) == "is a private address"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, None),
        ([], ()),
        (["10.0.0.0/8"], ("10.0.0.0/8",)),
        ([7], ()),
        ({"a": 1}, ()),
        ("10.0.0.0/8", ()),
    ],
)
def test_it_reads_a_tenants_list_as_stored(stored: object, expected: tuple[str, ...] | None) -> None:
    assert narrowing(stored) == expected


def test_it_judges_what_a_translator_reads_out_of_an_allowed_address() -> None:
    policy = read_policy(["64:ff9b::/96", "2002::/16", "10.5.0.0/16"])
    assert decide(policy, "acme", "64:ff9b::8.8.8.8", 443) is None
    assert decide(policy, "acme", "64:ff9b::10.5.0.1", 443) is None
    assert decide(policy, "acme", "64:ff9b::10.6.0.1", 443) == "leads to 10.6.0.1, which is a private address"
    assert decide(policy, "acme", "2002:7f00:1::1", 443) == "leads to 127.0.0.1, which is a loopback address"


@pytest.mark.parametrize("port", [22, 25, 53, 6000, 6667])
def test_it_keeps_to_ports_that_speak_http(port: int) -> None:
    reason = f"is asked for on port {port}, which belongs to another protocol"
    assert decide(CLOSED, "acme", "8.8.8.8", port) == reason
    assert decide(read_policy([f"8.8.8.8:{port}"]), "acme", "8.8.8.8", port) is None


@pytest.mark.parametrize(
    ("text", "network", "port", "tenant"),
    [
        ("10.0.0.0/8", "10.0.0.0/8", None, None),
        (" 127.0.0.1:8099 ", "127.0.0.1/32", 8099, None),
        ("demo@127.0.0.1:8099", "127.0.0.1/32", 8099, "demo"),
        ("@127.0.0.1:11434", "127.0.0.1/32", 11434, ""),
        ("fd00::/8", "fd00::/8", None, None),
        ("[fd00::/8]", "fd00::/8", None, None),
        ("[::1/128]:443", "::1/128", 443, None),
        ("a-b@[::1]:1", "::1/128", 1, "a-b"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1/128", None, None),
    ],
)
def test_it_reads_an_entry(text: str, network: str, port: int | None, tenant: str | None) -> None:
    entry = read_entry(text)
    assert entry == AllowedNetwork(entry.network, port, tenant)
    assert str(entry.network) in (network, network.replace("10.0.0.1/128", "a00:1/128"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "nonsense", "10.0.0.0/33", "10.0.0.1/8", "10.0.0", "1234", "10.0.0.0/8:0", "10.0.0.0/8:65536"),
        *("10.0.0.0/8:", "10.0.0.0/8:http", "10.0.0.0/8:1-9", "fd00::/129", "[fd00::/8", "[10.0.0.0/8]:80"),
        *("@@10.0.0.0/8", "Demo@10.0.0.0/8", "a@b@10.0.0.0/8", "example.com", "http://10.0.0.1", "fe80::1%eth0"),
        *("-a@127.0.0.1", "10.0.0.0/8 :80", "10.0.0.0/255.0.0.0x", "010.0.0.1"),
    ],
)
def test_it_refuses_an_entry_that_cannot_be_read(text: str) -> None:
    with pytest.raises(BadEntry, match="`"):
        read_entry(text)


def test_every_range_has_a_kind_and_narrow_ones_come_first() -> None:
    for index, (network, kind) in enumerate(SPECIAL):
        assert kind
        for later, _ in SPECIAL[index + 1 :]:
            assert network.version != later.version or not later.subnet_of(network)  # type: ignore[arg-type]
    assert len(METADATA) == len(set(METADATA))


def test_it_knows_a_tenants_slug_when_it_sees_one() -> None:
    for slug in ("a", "acme-2", "a" * 64):
        assert re.fullmatch(SLUG_PATTERN, slug)
        assert read_entry(f"{slug}@10.0.0.0/8").tenant_slug == slug
    assert not re.fullmatch(SLUG_PATTERN, "")
    for slug in ("Acme", "-a", "a-", "a_b", "a" * 65):
        assert not re.fullmatch(SLUG_PATTERN, slug)
        with pytest.raises(BadEntry):
            read_entry(f"{slug}@10.0.0.0/8")
