"""Servers that go away and come back while a socket is open."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.models import Tenant
from config.embedded import addresses, children, valkey
from registry.live import board, frames, pace
from registry.live.admission import Visitor
from registry.live.feed import tell
from registry.live.socket import LiveSocket, Timing
from registry.live.waiting import Approvals
from tests.registry.live.rows import ran, seal
from tests.registry.live.sockets import Socket
from tests.registry.live.test_socket import happened
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)

Open = Callable[..., Socket]
ATTENTIVE = Timing(recheck=3600, quiet=0.05, after_frame=0.05, spacing=0, patience=10, retry=0.01)
AWAY = {"type": "paused", "reason": "A server is away. What happens is recorded and will be told."}


class OwnValkey:
    """A second one, which a test may kill."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.url = addresses.redis_url(data_dir)
        self.start()

    def start(self) -> None:
        self._process = valkey.start(self.data_dir, durable=False)

    def kill(self) -> None:
        children.stop(self._process, ((signal.SIGKILL, 10.0),))


@pytest.fixture
def own_valkey(settings: Any, tmp_path: Path) -> Iterator[OwnValkey]:
    server = OwnValkey(tmp_path)
    settings.REDIS_URL = server.url
    layer = settings.CHANNEL_LAYERS["default"]
    hosts = [{**layer["CONFIG"]["hosts"][0], "address": server.url}]
    settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": {**layer["CONFIG"], "hosts": hosts}}}
    board.forget()
    yield server
    server.kill()
    board.forget()


class TestRedis:
    def test_the_socket_stays_open_and_tells_what_happened_when_it_is_back(
        self, acme: Tenant, own_valkey: OwnValkey, socket: Open
    ) -> None:
        opened = socket(timing=ATTENTIVE)
        position = opened.hear()["position"]
        opened.ping()
        own_valkey.kill()
        assert opened.hear() == AWAY
        events = happened(acme, 3)
        opened.ping()
        tell(acme.id, events)
        own_valkey.start()
        told = opened.hear()
        while told == AWAY:
            told = opened.hear()
        assert told == {"type": "resumed"}
        told = opened.hear()
        assert (told["after"], told["upto"], told["count"]) == (position, events[-1].sequence, 3)
        later = happened(acme)
        tell(acme.id, later)
        assert opened.hear()["upto"] == later[-1].sequence

    def test_a_socket_opens_while_it_is_away(self, acme: Tenant, own_valkey: OwnValkey, socket: Open) -> None:
        own_valkey.kill()
        opened = socket()
        assert opened.hear()["type"] == "snapshot"
        assert opened.hear() == AWAY

    def test_a_frame_that_cannot_be_sent_is_lost_without_harm(
        self, acme: Tenant, own_valkey: OwnValkey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = happened(acme)
        pace.watch(acme.id)
        taking = pace.take_turn

        def take_the_last_turn(*args: Any, **kwargs: Any) -> int | None:
            taken = taking(*args, **kwargs)
            own_valkey.kill()
            return taken

        monkeypatch.setattr(pace, "take_turn", take_the_last_turn)
        with caplog.at_level(logging.WARNING, "registry.live.feed"):
            tell(acme.id, events)
        assert [record.message for record in caplog.records if record.name == "registry.live.feed"] == [
            "A frame was not sent (ConnectionError)."
        ]


class TestPostgresql:
    def test_the_socket_stays_open_while_it_is_away(self, acme: Tenant, socket: Open, servers: Servers) -> None:
        opened = socket(timing=ATTENTIVE)
        opened.hear()
        with servers.connect_as_superuser() as superuser:
            with superuser.transaction():
                superuser.execute("LOCK TABLE accounts_audithead")
                terminate_one_that_waits(superuser)
                assert opened.hear() == AWAY
                opened.ping()
            assert opened.hear() == {"type": "resumed"}


def terminate_one_that_waits(superuser: psycopg.Connection) -> None:
    terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while superuser.execute(terminate).fetchone() is None:
        """The socket looks for itself twenty times a second."""


class TestWorker:
    def test_it_says_that_nothing_is_passed_on(
        self, acme: Tenant, socket: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(frames, "STALLED", timedelta(0))
        opened = socket(timing=ATTENTIVE)
        opened.hear()
        ran(acme, timezone.now())
        assert opened.hear() == {
            "type": "paused",
            "reason": "The worker is away. What happens is recorded and will be told.",
        }
        seal(acme)
        assert opened.hear() == {"type": "resumed"}
        assert opened.hear()["count"] == 1


class TestFeed:
    def test_it_tells_nobody_of_the_platforms_own(self) -> None:
        tell(None, [])

    def test_it_builds_nothing_while_nobody_watches(
        self, acme: Tenant, django_assert_num_queries: Callable[[int], Any]
    ) -> None:
        events = happened(acme)
        with django_assert_num_queries(0):
            tell(acme.id, events)


class TestReaders:
    @staticmethod
    def serve(acme: Tenant, sending: Callable[[], Awaitable[None]]) -> list[str]:
        """What was sent to a client that takes messages this way."""
        sent: list[str] = []

        async def send(message: Any) -> None:
            sent.append(message["type"])
            if message["type"] == "websocket.send":
                await sending()

        async def silent() -> Any:
            await asyncio.sleep(3600)

        visitor, timing = Visitor(acme.id, "agent:scout"), Timing(patience=0.05)
        socket = LiveSocket(visitor, {}, peer="", position=0, receive=silent, send=send, timing=timing)
        asyncio.run(socket.serve(frames.Snapshot(0, (), Approvals(0), {}, {})))
        return sent

    def test_whoever_takes_nothing_is_shown_out(self, acme: Tenant) -> None:
        async def never() -> None:
            await asyncio.sleep(3600)

        assert self.serve(acme, never) == ["websocket.accept", "websocket.send", "websocket.close"]

    def test_nothing_is_said_to_whoever_has_gone(self, acme: Tenant) -> None:
        async def gone() -> None:
            raise OSError

        assert self.serve(acme, gone) == ["websocket.accept", "websocket.send"]
