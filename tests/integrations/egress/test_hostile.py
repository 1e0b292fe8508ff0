"""Hostile URLs and names through every way out: none connects, which Python's own audit events prove."""
# ruff: noqa: RUF001 - the odd spellings are meant

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.errors import EgressBlocked
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.test_policy import METADATA_ADDRESSES, REFUSED
from tests.integrations.egress.upstreams import BEHAVIOURS, Upstream, upstream

_connected: list[Any] = []
sys.addaudithook(lambda event, args: _connected.append(args[1]) if event == "socket.connect" else None)

ADDRESSES = [
    *(address for address, _ in REFUSED if address and address[0] in "0123456789:af" and "%" not in address),
    *METADATA_ADDRESSES,
]
# `PORT` is where a service listens on 127.0.0.1 and ::1.
SPELLINGS = [
    *("http://127.0.0.1:PORT/", "http://localhost:PORT/", "http://LOCALHOST:PORT/", "http://localhost.:PORT/"),
    *("http://127.0.0.1.:PORT/", "http://127.1:PORT/", "http://127.0.1:PORT/", "http://2130706433:PORT/"),
    *("http://0x7f000001:PORT/", "http://0x7f.0.0.1:PORT/", "http://0x7F.1:PORT/", "http://0177.0.0.1:PORT/"),
    *("http://017700000001:PORT/", "http://00000127.0.0.1:PORT/", "http://127.0.0.01:PORT/", "http://0:PORT/"),
    *("http://0.0.0.0:PORT/", "http://127.127.127.127:PORT/", "http://[::1]:PORT/", "http://[::]:PORT/"),
    *("http://[0:0:0:0:0:0:0:1]:PORT/", "http://[::ffff:127.0.0.1]:PORT/", "http://[::ffff:7f00:1]:PORT/"),
    *("http://[::127.0.0.1]:PORT/", "http://[64:ff9b::127.0.0.1]:PORT/", "http://[2002:7f00:1::]:PORT/"),
    *("http://[::1%lo]:PORT/", "http://[::1%25lo]:PORT/", "http://[fe80::1%25lo]:PORT/", "http://[::1]:PORT@x/"),
    *("http://１２７.0.0.1:PORT/", "http://127。0。0。1:PORT/", "http://①②⑦.0.0.1:PORT/", "http://ｌocalhost:PORT/"),
    *("http://%6cocalhost:PORT/", "http://127.0.0.1%00.example:PORT/", "http://127.0.0.1%2f:PORT/"),
    *("http://example.com@127.0.0.1:PORT/", "http://example.com:80@127.0.0.1:PORT/", "http://a:b@localhost:PORT/"),
    *("http://127.0.0.1:PORT\\@example.com/", "http://example.com\\@127.0.0.1:PORT/", "http:\\\\127.0.0.1:PORT\\"),
    *("http:127.0.0.1:PORT/", "http:/127.0.0.1:PORT/", "http:///127.0.0.1:PORT/", "//127.0.0.1:PORT/"),
    *("127.0.0.1:PORT", " http://127.0.0.1:PORT/", "http://127.0.0.1 :PORT/", "http://127.0.0.1:PORT /"),
    *("http://\t127.0.0.1:PORT/", "http://127.0.0.1\n:PORT/", "http://127.0.0.1:PORT/\r\nHost: x"),
    *("ht\ntp://127.0.0.1:PORT/", "http://127.0.0.1:PORT#@example.com/", "http://127.0.0.1:PORT?@example.com/"),
    *("http://#@127.0.0.1:PORT/", "http://?@127.0.0.1:PORT/"),
    *("ftp://127.0.0.1:PORT/", "gopher://127.0.0.1:PORT/_x", "file://127.0.0.1/etc/passwd", "dict://127.0.0.1:PORT/"),
    *("ws://127.0.0.1:PORT/", "unix:///var/run/docker.sock", "http+unix://%2Frun%2Fx/", "jar:http://127.0.0.1:PORT!/"),
    *("HTTP://127.0.0.1:PORT/", "hTTp://LocalHost:PORT/", "https://127.0.0.1:PORT/", "https://localhost:PORT/"),
    *("http://127.0.0.1:00PORT/", "http://127.0.0.1:+PORT/", "http://127.0.0.1:-1/", "http://127.0.0.1:99999/"),
    *("http://internal.example:PORT/", "http://127.0.0.1.nip.example:PORT/", "http://mixed.example:PORT/"),
    *("http://six.example:PORT/", "http://mapped.example:PORT/", "http://zone.example:PORT/", "http://junk.example/"),
    *("http://xn--fiq.example:PORT/", "http://a..b:PORT/", "http://.localhost:PORT/", "http://-x-.example:PORT/"),
]
ANSWERS: dict[str, tuple[str, ...]] = {
    "localhost": ("127.0.0.1", "::1"),
    "internal.example": ("127.0.0.1",),
    "127.0.0.1.nip.example": ("127.0.0.1",),
    "mixed.example": ("93.184.216.34", "127.0.0.1"),
    "six.example": ("::1",),
    "mapped.example": ("::ffff:127.0.0.1",),
    "zone.example": ("fe80::1%lo",),
    "junk.example": ("not an address",),
    "xn--fiq.example": ("127.0.0.1",),
}


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[Upstream, Upstream]]:
    with upstream(BEHAVIOURS) as four, upstream(BEHAVIOURS, host="::1") as six:
        yield four, six


async def refuse(way_out: WayOut, url: str) -> None:
    before = len(_connected)
    with pytest.raises(EgressBlocked) as caught:
        await way_out.call(url)
    assert caught.value.code == "egress_blocked"
    assert _connected[before:] == []


@pytest.mark.parametrize("spelling", SPELLINGS, ids=ascii)
async def test_no_spelling_of_this_machine_connects(
    way_out: WayOut, names: FakeNames, services: tuple[Upstream, Upstream], spelling: str
) -> None:
    for host, addresses in ANSWERS.items():
        names.say(host, addresses)
    for service in services:
        await refuse(way_out, spelling.replace("PORT", str(service.port)))
        assert service.connections == 0


@pytest.mark.parametrize("address", ADDRESSES)
async def test_no_address_that_is_not_public_connects(way_out: WayOut, names: FakeNames, address: str) -> None:
    names.say("evil.example", address)
    host = f"[{address}]" if ":" in address else address
    await refuse(way_out, f"http://{host}/latest/meta-data/")
    await refuse(way_out, "https://evil.example/")


@pytest.mark.parametrize("address", METADATA_ADDRESSES)
async def test_metadata_does_not_connect_where_everything_is_allowed(
    way_out: WayOut, names: FakeNames, address: str
) -> None:
    way_out.allow += ["0.0.0.0/0", "::/0"]
    names.say("evil.example", ("127.0.0.1", address))
    host = f"[{address}]" if ":" in address else address
    await refuse(way_out, f"http://{host}/latest/meta-data/")
    await refuse(way_out, "http://evil.example/")


def test_the_tables_are_long_enough() -> None:
    assert len(set(SPELLINGS)) + 2 * len(set(ADDRESSES)) >= 200
