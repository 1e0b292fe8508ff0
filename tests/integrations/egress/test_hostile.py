"""Hostile URLs through every way out: none connects, as listeners and Python's own audit events prove."""

import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_django import Settings

from integrations.egress import EgressRequest, EgressRules, asynchronous
from integrations.errors import EgressBlocked
from tests.integrations.egress.conftest import FakeNames, WayOut
from tests.integrations.egress.hostile import Hostile, hostile_urls
from tests.integrations.egress.upstreams import BEHAVIOURS, Upstream, redirect, upstream
from tests.integrations.egress.ways_out import WAYS_OUT, Way

_connected: list[Any] = []
sys.addaudithook(lambda event, args: _connected.append(args[1]) if event == "socket.connect" else None)

GROUPS: dict[str, list[Hostile]] = defaultdict(list)
for hostile in hostile_urls():
    GROUPS[hostile.group].append(hostile)
METADATA = GROUPS["Metadata of the clouds"]


@pytest.fixture(scope="module")
def services() -> Iterator[tuple[Upstream, Upstream]]:
    """Listening on both addresses of this machine, on the same port."""
    with upstream(BEHAVIOURS) as four, upstream(BEHAVIOURS, host="::1", port=four.port) as six:
        yield four, six


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the system's name server says to whatever it is asked next."""
    said: dict[str, Any] = {"addresses": ()}

    def getaddrinfo(host: str, port: object, *args: Any, **more: Any) -> list[Any]:
        if not said["addresses"]:
            raise OSError(f"no such name: {host}")
        return [(None, None, None, "", (address, 0)) for address in said["addresses"]]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return said


@pytest.fixture(autouse=True)
async def clients_are_closed() -> AsyncIterator[None]:
    yield
    await asynchronous.aclose()


@contextmanager
def nothing_connects(*services: Upstream) -> Iterator[None]:
    before, served = len(_connected), [service.connections for service in services]
    yield
    assert _connected[before:] == []
    assert [service.connections for service in services] == served


async def told(way: Way, url: str) -> str:
    """The sentence with which the way refuses; anything else is named for what it is."""
    try:
        await way(url)
    except EgressBlocked as blocked:
        return blocked.message if (blocked.code, blocked.status) == ("egress_blocked", 403) else f"!! {blocked.code}"
    except Exception as error:  # noqa: BLE001 - which one, is what the test says
        return f"!! {url!a} raised {error!r}"
    return f"!! {url!a} was called"


def wrong(sentences: list[str]) -> list[str]:
    """A sentence says what it is about, and ends."""
    return [each for each in sentences if each.startswith("!!") or not each.endswith(".") or len(each) < 40]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("way", WAYS_OUT)
async def test_no_way_out_leads_there(
    way: str, group: str, answers: dict[str, Any], services: tuple[Upstream, Upstream]
) -> None:
    sentences = []
    with nothing_connects(*services):
        for one in GROUPS[group]:
            answers["addresses"] = one.addresses
            sentences.append(await told(WAYS_OUT[way], one.at(services[0].port)))
    assert wrong(sentences) == []


async def test_every_way_out_says_the_same(answers: dict[str, Any], services: tuple[Upstream, Upstream]) -> None:
    for one in (group[0] for group in GROUPS.values()):
        answers["addresses"] = one.addresses
        sentences = {name: await told(way, one.at(services[0].port)) for name, way in WAYS_OUT.items()}
        assert set(sentences.values()) == {sentences["the asynchronous client"]}


@pytest.mark.parametrize("way", WAYS_OUT)
async def test_no_setting_opens_metadata(way: str, answers: dict[str, Any], settings: Settings) -> None:
    settings.EGRESS_ALLOW_NETWORKS = ["0.0.0.0/0", "::/0", "acme@169.254.169.254:80", "acme@[fd00:ec2::/32]:80"]
    sentences = []
    with nothing_connects():
        for one in METADATA:
            answers["addresses"] = one.addresses
            sentences.append(await told(WAYS_OUT[way], one.url))
    assert wrong(sentences) == []
    assert sum("metadata address, which no setting allows" in each for each in sentences) > 40


async def test_no_tenants_list_opens_anything(answers: dict[str, Any], services: tuple[Upstream, Upstream]) -> None:
    everything = EgressRules("acme", ("0.0.0.0/0", "::/0", "169.254.169.254"), timeout_seconds=10)
    with_its_own_list: Way = lambda url: asynchronous.send(EgressRequest("GET", url), rules=everything)  # noqa: E731
    sentences = []
    with nothing_connects(*services):
        for one in hostile_urls():
            answers["addresses"] = one.addresses
            sentences.append(await told(with_its_own_list, one.at(services[0].port)))
    assert wrong(sentences) == []


# A whole URL that a header can hold; anything shorter would mean a path of the service itself.
LOCATION = re.compile(r"(?i:https?://(?![/?#\\])|(?!https?:)[a-z][a-z0-9+.-]*:)[!-~]+")


@pytest.mark.parametrize("group", GROUPS)
async def test_no_redirect_leads_there(
    group: str, way_out: WayOut, names: FakeNames, services: tuple[Upstream, Upstream]
) -> None:
    places = {f"/{at}": one for at, one in enumerate(GROUPS[group]) if LOCATION.fullmatch(one.url)}
    with upstream({path: redirect(one.at(services[0].port)) for path, one in places.items()}) as sends_on:
        way_out.allow.append(sends_on.allowed)
        served = [service.connections for service in services]
        for path, one in places.items():
            names.whatever = one.addresses
            sentence = await told(way_out.call, sends_on.url(path))
            assert wrong([sentence]) == [], one
        assert len(sends_on.seen) == len(places)
        assert [service.connections for service in services] == served


def test_the_table_is_long_enough_and_says_why() -> None:
    urls = [one.url for one in hostile_urls()]
    assert len(urls) == len(set(urls)) >= 500
    assert all(GROUPS)
    assert sum(LOCATION.fullmatch(url) is not None for url in urls) >= 400
