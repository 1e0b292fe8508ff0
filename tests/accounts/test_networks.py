"""Where a request comes from, behind how many proxies, and whether that is in a network."""

from typing import Any

import pytest

from accounts.networks import MOST_NETWORKS, address_behind, client_address, is_within, network_faults

PEER = "10.0.0.9"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", PEER),
        (0, "203.0.113.7", PEER),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        (2, "203.0.113.7,10.0.0.8", "203.0.113.7"),
        (1, "203.0.113.7:55555", "203.0.113.7"),
        (1, "[2001:db8::7]:55555", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "2001:DB8:0::7", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        # Not as the stated proxies write it: nobody knows who that is.
        (1, "", ""),
        (2, "203.0.113.7", ""),
        (1, "unknown", ""),
        (1, "203.0.113.7, ", ""),
        (1, "203.0.113.7, _hidden", ""),
        (1, "203.0.113", ""),
        (1, "0xcb007107", ""),
        (1, "203.0.113.7 198.51.100.1", ""),
        (1, "203.0.113.7:port", ""),
    ],
)
def test_it_counts_proxies_from_the_right(settings: Any, proxies: int, forwarded: str, expected: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert client_address(PEER, forwarded) == expected


def test_it_reads_the_request(settings: Any) -> None:
    assert address_behind({"REMOTE_ADDR": PEER, "HTTP_X_FORWARDED_FOR": "203.0.113.7"}) == PEER
    assert address_behind({}) == ""
    settings.TRUSTED_PROXIES = 1
    assert address_behind({"REMOTE_ADDR": PEER, "HTTP_X_FORWARDED_FOR": "203.0.113.7"}) == "203.0.113.7"
    assert address_behind({"REMOTE_ADDR": PEER}) == ""


@pytest.mark.parametrize(
    ("address", "networks", "expected"),
    [
        ("203.0.113.7", ["203.0.113.0/24"], True),
        ("203.0.114.7", ["203.0.113.0/24"], False),
        ("203.0.114.7", ["203.0.113.0/24", "203.0.114.7"], True),
        ("::ffff:203.0.113.7", ["203.0.113.0/24"], True),
        ("2001:db8::7", ["2001:db8::/32"], True),
        ("2001:db9::7", ["2001:db8::/32"], False),
        ("2001:db8::7", ["0.0.0.0/0"], False),
        ("203.0.113.7", ["::/0"], False),
        ("", ["0.0.0.0/0", "::/0"], False),
        ("nobody", ["0.0.0.0/0"], False),
        ("", [], True),
        ("203.0.113.7", [], True),
    ],
)
def test_it_tells_who_is_within(address: str, networks: list[str], expected: bool) -> None:
    assert is_within(address, networks) is expected


@pytest.mark.parametrize("network", ["203.0.113.7/24", "example.com", "", "203.0.113.0/33", 5, None, "10.0.0.0/8 "])
def test_it_says_what_is_no_network(network: object) -> None:
    assert [fault.path for fault in network_faults("$.allowed_networks", ["10.0.0.0/8", network])] == [
        "$.allowed_networks[1]"
    ]


def test_it_takes_networks_of_both_kinds() -> None:
    assert list(network_faults("$", ["10.0.0.0/8", "203.0.113.7", "2001:db8::/32", "::1", "0.0.0.0/0"])) == []
    assert [fault.path for fault in network_faults("$", "10.0.0.0/8")] == ["$"]
    assert [fault.path for fault in network_faults("$", ["10.0.0.0/8"] * (MOST_NETWORKS + 1))] == ["$"]
