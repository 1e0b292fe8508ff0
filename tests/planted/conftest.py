"""The day, from which everything was found that could have stayed. It is long; it happens once for all its tests."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import redis
from celery import current_app
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker

from accounts.roles import Role
from accounts.tenancy import within
from accounts.trail import tend_trail
from config import announce
from config.embedded import children
from config.supervisor.services import GRACE, WORKER
from registry.metrics import LIMITED
from registry.register import register_tool
from tests.browsing import Visitor
from tests.cast import make_agent, make_key, make_person, make_tenant
from tests.catalogue import FIND_CONTACT, manager_of
from tests.config.test_otel import Collector, collecting
from tests.conftest import Sweeper
from tests.corridor import Corridor, Loop
from tests.integrations.egress.upstreams import upstream
from tests.patience import until
from tests.planted import calling, connecting, doors, hooking, signing
from tests.planted.day import Day, Shown, allowing, listening_to_logs
from tests.planted.echoes import ASKED, ECHOES
from tests.planted.places import (
    in_files,
    in_the_database,
    in_valkey,
    listening_to_valkey,
    on_admin_pages,
    told_by_the_api,
    told_by_the_metrics,
)
from tests.planted.plants import CONTROL
from tests.planted.seeking import Found, Seeker
from tests.planted.service import offer
from tests.registry.live.rows import seal
from tests.registry.live.sockets import UNHURRIED, Socket
from tests.servers import Servers
from tests.web import ROOT

HAPPENS: dict[str, Callable[[Day], None]] = {
    **calling.HAPPENS,
    **connecting.HAPPENS,
    **signing.HAPPENS,
    **doors.HAPPENS,
    **hooking.HAPPENS,
}


@pytest.fixture(scope="module")
def emptied(django_db_setup: None, servers: Servers, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What is done stays until the module ends: nothing is rolled back."""
    with (
        servers.connect_as_superuser() as database,
        redis.Redis.from_url(settings.REDIS_URL) as cache,
        django_db_blocker.unblock(),
    ):
        yield
        Sweeper(database, cache).sweep()


@pytest.fixture(scope="module")
def day(emptied: None, corridor_loop: Loop) -> Iterator[Day]:
    """Before anything has happened."""
    acme = make_tenant("acme")
    alice, scout = make_person(acme, "alice", Role.OWNER), make_agent(acme, "scout", Role.OWNER)
    with ExitStack() as stack:
        echo, elsewhere = (stack.enter_context(upstream({**ECHOES, **ASKED})) for _ in range(2))
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        stack.enter_context(allowing(echo))
        corridor = Corridor(corridor_loop, make_key(scout))
        yield Day(acme, alice, corridor, echo, elsewhere, offer(acme, echo.url().rstrip("/")), Shown())


@pytest.fixture(scope="module")
def found(day: Day, servers: Servers) -> Found:
    """When everything has happened, and what was on its way has arrived."""
    with listening_to_logs(day.shown), ExitStack() as stack:
        said = stack.enter_context(listening_to_valkey())
        collector = stack.enter_context(collecting())
        live = stack.enter_context(listening_live(day))
        stack.enter_context(working(day, servers))
        tell_everywhere(day)
        note_what_was_told(day, live, collector)
        for happens in HAPPENS.values():
            happens(day)
            note_what_was_told(day, live, collector)
        look(day, servers)
        day.shown.add("said to Valkey", b"".join(said))
    return Seeker(day.secrets).look_through(day.shown.texts)


def look(day: Day, servers: Servers) -> None:
    """Everywhere, once."""
    artifacts = (f"executions/{id_}/artifact/content/" for id_ in day.large)
    day.shown.texts += [
        *told_by_the_api(day.corridor, *artifacts),
        *on_admin_pages(day.corridor, Visitor(day.alice)),
        *told_by_the_metrics(),
        *in_the_database(servers),
        *in_valkey(),
        *in_files(servers),
    ]


@contextmanager
def listening_live(day: Day) -> Iterator[Socket]:
    """A websocket that is open all the time."""
    seal(day.acme)
    socket = Socket(day.corridor.loop, {"Authorization": f"Bearer {day.corridor.key}"}, "", UNHURRIED)
    assert socket.open() is None
    try:
        yield socket
    finally:
        socket.end()


@contextmanager
def working(day: Day, servers: Servers) -> Iterator[None]:
    """A worker in a process of its own, whose log is a file like others."""
    ready = servers.data_dir / "worker.ready"
    environment = {"EGRESS_ALLOW_NETWORKS": day.echo.allowed, announce.VARIABLE: str(ready), "LOG_LEVEL": "DEBUG"}
    with (servers.data_dir / "worker.log").open("wb") as log:
        worker = children.spawn(
            [sys.executable, *WORKER],
            death_signal=signal.SIGTERM,
            env={**os.environ, **environment},
            cwd=ROOT,
            output=log,
        )
        try:
            until(lambda: announce.is_ready(ready, worker.pid), seconds=60)
            yield
        finally:
            children.stop(worker, GRACE)


def tell_everywhere(day: Day) -> None:
    """What is no secret, wherever there is looked for some: a search that finds nothing proves nothing."""
    told = {"slug": CONTROL, "definition": {"method": "POST", "url": day.echo.url("/check")}}
    with within(day.acme.id):
        register_tool(by=manager_of(day.acme), spec={**FIND_CONTACT, **told})
    assert day.post("executions/", {"tool": CONTROL, "input": {"account": 7}})["tool"] == CONTROL
    with redis.Redis.from_url(settings.REDIS_URL) as cache:
        cache.set("tests", CONTROL)
    current_app.send_task(CONTROL, queue="nobodys")
    LIMITED.labels(CONTROL).inc()
    day.shown.add_error(RuntimeError(CONTROL))


def note_what_was_told(day: Day, live: Socket, collector: Collector) -> None:
    tend_trail()
    while not live.hears_nothing():
        day.shown.add("websocket", str(live.hear()).encode())
    collector.spans.flush()
    for received in collector.server.received:
        day.shown.add("spans", received.body)
    collector.server.received.clear()
