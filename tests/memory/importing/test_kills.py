"""An import whose worker is killed with SIGKILL, wherever it is: nothing is lost, and nothing comes twice."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from memory.bulk import turns
from memory.bulk.turns import take_turn
from memory.importing import chunk
from memory.importing.chunk import read_chunk, write_chunk
from memory.importing.files import open_lines
from memory.importing.lines import lines_from
from memory.importing.work import work_imports
from memory.models import BulkStatus, Memory, MemoryEmbedding, MemoryImport
from tests.memory.bulk_lines import as_lines, begin, faults, now, numbered, numbers
from tests.memory.remembering import make_model
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
LINES = 600
WORKER = """
import django
django.setup()
from memory.importing import chunk
from memory.importing.work import work_imports
chunk.MOST_LINES = 5
print("ready", flush=True)
while work_imports():
    pass
print("done", flush=True)
"""


@contextmanager
def worker() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def end_lease(tenant: Tenant, row: MemoryImport) -> None:
    """As if its time were over; once PostgreSQL has undone what the killed process had not finished."""
    until(lambda: not _others_in_transactions())
    with within(tenant.id):
        MemoryImport.objects.filter(id=row.id).update(lease_until=timezone.now() - timedelta(seconds=1))


def _moves_on(tenant: Tenant, row: MemoryImport, line: int) -> bool:
    found = now(tenant, row)
    return found.line > line or found.status == BulkStatus.SUCCEEDED


def _others_in_transactions() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return cursor.fetchone() is not None


@pytest.mark.parametrize("seed", [1, 2])
def test_it_has_every_line_once_however_often_its_worker_is_killed(acme: Tenant, seed: int) -> None:
    make_model()
    chance = random.Random(seed)
    lines = as_lines(*({"content": f"memory {number}"} if number % 100 else {} for number in range(LINES)))
    row = begin(acme, lines)
    reached = [0]
    for _ in range(4):
        with worker() as process:
            if chance.random() < 0.7:
                until(partial(_moves_on, acme, row, reached[-1]))
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        end_lease(acme, row)
        reached.append(now(acme, row).line)
        _says_what_is_there(acme, row)
    assert reached == sorted(reached)
    while work_imports(only=row.id):
        pass
    after = now(acme, row)
    assert (after.status, after.line, numbers(after)) == (BulkStatus.SUCCEEDED, LINES, (LINES - 6, 0, 6, 0))
    assert [line for line, _, _ in faults(acme, row)] == [1, 101, 201, 301, 401, 501]
    _says_what_is_there(acme, row)


def _says_what_is_there(tenant: Tenant, row: MemoryImport) -> None:
    """At any moment: a memory with its row for a vector for each line that counts as created, and no other."""
    with within(tenant.id):
        found = MemoryImport.objects.get(id=row.id)
        contents = set(Memory.objects.values_list("content", flat=True))
        assert contents == {f"memory {number}" for number in range(found.line) if number % 100}
        assert Memory.objects.count() == MemoryEmbedding.objects.count() == found.created == len(contents)


@pytest.mark.usefixtures("folder")
def test_it_writes_nothing_once_another_has_taken_it(acme: Tenant) -> None:
    row = begin(acme, numbered(3))
    slow = take_turn(MemoryImport)
    assert slow is not None
    with within(acme.id):
        lines = lines_from(open_lines(row).parts(0), line=0, position=0)
    held_up = read_chunk(lines, defaults={})
    assert held_up is not None
    assert take_turn(MemoryImport) is None
    end_lease(acme, row)
    while work_imports():
        pass
    assert write_chunk(slow, held_up) is False
    assert numbers(now(acme, row)) == (3, 0, 0, 0)


@pytest.mark.usefixtures("folder")
def test_a_chunk_that_fails_in_the_middle_leaves_nothing(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    row = begin(acme, numbered(3) + as_lines({}))

    def break_off(*_: Any) -> None:
        raise RuntimeError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(chunk, "_keep_faults", break_off)
        with pytest.raises(RuntimeError):
            work_imports()
    after = now(acme, row)
    assert (after.line, after.position, numbers(after)) == (0, 0, (0, 0, 0, 0))
    with within(acme.id):
        assert not Memory.objects.exists()


@pytest.mark.usefixtures("folder")
def test_it_is_given_up_when_it_keeps_ending_its_workers(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "could_be_extended", lambda _: True)
    row = begin(acme, numbered(3))
    for _ in range(turns.MOST_LOST):
        assert take_turn(MemoryImport) is not None
        end_lease(acme, row)
    work_imports()
    after = now(acme, row)
    assert (after.status, after.line) == (BulkStatus.FAILED, 0)
    assert after.error == "5 workers ended at line 1 or soon after it. Leave those lines out."


@pytest.mark.usefixtures("folder")
def test_nobody_is_lost_while_postgresql_was_away(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "could_be_extended", lambda _: False)
    row = begin(acme, numbered(3))
    take_turn(MemoryImport)
    end_lease(acme, row)
    work_imports()
    assert (now(acme, row).status, now(acme, row).lost) == (BulkStatus.SUCCEEDED, 0)


@pytest.mark.usefixtures("folder")
def test_it_leaves_workers_time_for_others(acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_AT_ONCE", 1)
    begin(acme, numbered(1))
    begin(globex, numbered(1))
    assert take_turn(MemoryImport) is not None
    assert take_turn(MemoryImport) is None
