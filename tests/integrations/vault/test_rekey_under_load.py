"""A data key is rotated while others seal and open, in this process and in one that is killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import RekeyingState
from integrations.vault.memory import in_memory
from registry.models import Execution
from tests.integrations.vault.rekeyed import (
    alive,
    execution,
    finish,
    go_through,
    opened,
    rekeying,
    rotate,
    stored,
    version_of,
)
from tests.patience import until
from tests.web import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

# As a worker does it, a row at a time, and slowly enough to be killed in the middle.
WORKER = """
import django, time, sys
django.setup()
from uuid import UUID
from integrations.vault import reseal, rekey
reseal.BATCH = 1
while rekey.go_on(UUID(sys.argv[1])):
    time.sleep(0.02)
"""


@contextmanager
def worker(tenant: Tenant) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(tenant.id)], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_nobody_fails_while_it_is_rotated(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.vault.reseal.BATCH", 7)
    rows = [execution(acme, f"secret {number}".encode()) for number in range(60)]
    ended, rounds = Event(), list[int]()

    def work(mine: list[Execution]) -> list[Execution]:
        made: list[Execution] = []
        try:
            while not (ended.is_set() and made):
                for row, number in zip(mine, range(60), strict=False):
                    assert opened(row).startswith(b"secret"), number
                made.append(execution(acme, b"secret of meanwhile"))
                assert opened(made[-1]) == b"secret of meanwhile"
                rounds.append(len(made))
        finally:
            connection.close()
        return made

    with ThreadPoolExecutor(4) as threads:
        working = [threads.submit(work, rows[number::4]) for number in range(4)]
        rotate(acme)
        go_through(acme)
        in_memory.clear()
        so_far = len(rounds)
        until(lambda: len(rounds) > so_far + 20)  # what was sealed before has been stored
        for minutes in (10, 20, 30):
            go_through(acme, minutes=minutes)
        ended.set()
        made = [row for each in working for row in each.result()]
    assert (rekeying(acme).state, rekeying(acme).broken, alive(acme)) == (RekeyingState.DONE, 0, [2])
    in_memory.clear()
    assert {version_of(stored(row)) for row in (*rows, *made)} == {2}
    assert {opened(row) for row in made} == {b"secret of meanwhile"}


def test_another_process_goes_on_when_one_is_killed(acme: Tenant) -> None:
    rows = [execution(acme) for _ in range(40)]
    rotate(acme)
    with worker(acme) as process:
        until(lambda: rekeying(acme).done >= 5)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    killed = rekeying(acme)
    assert 5 <= killed.done < 40
    assert sum(version_of(stored(row)) == 2 for row in rows) == killed.done
    assert {opened(row) for row in rows} == {b"secret"}
    finish(acme)
    assert (rekeying(acme).state, rekeying(acme).done, alive(acme)) == (RekeyingState.DONE, 40, [2])
    with within(acme.id):
        assert Execution.objects.count() == 40
    assert {opened(row) for row in rows} == {b"secret"}


def test_two_processes_share_the_work(acme: Tenant) -> None:
    rows = [execution(acme) for _ in range(30)]
    rotate(acme)
    with worker(acme), worker(acme):
        until(lambda: rekeying(acme).state == RekeyingState.SETTLING)
    assert rekeying(acme).done == 30
    assert {version_of(stored(row)) for row in rows} == {2}
