"""What a worker process does beside its tasks."""

import asyncio
import logging
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts import bridge
from accounts.models import Tenant
from config.schedule import SCHEDULE
from memory import tasks
from memory.embedding import soon, switch, worker
from memory.embedding.worker import OneAtATime
from memory.errors import ModelsBusy
from memory.models import EmbeddingModel
from tests.memory.embedding.rows import FakeEmbedder, Shelf, all_rows, remember, row_of
from tests.patience import until


class Goes:
    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.went = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.look = OneAtATime("Making vectors", self._go)

    async def _go(self) -> None:
        self.went += 1
        await self.go_on.wait()
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


async def test_who_asks_while_it_goes_has_it_go_once_more() -> None:
    goes = Goes()
    goes.go_on.clear()
    first = asyncio.create_task(goes.look())
    await asyncio.sleep(0)
    for _ in range(5):
        await goes.look()
    assert goes.went == 1
    goes.go_on.set()
    await first
    assert goes.went == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError(), "Making vectors has to wait (OperationalError): the schedule tries again."),
        (RuntimeError(), "Making vectors failed: the schedule tries again."),
    ],
)
async def test_it_goes_again_after_a_failure(error: Exception, said: str, caplog: pytest.LogCaptureFixture) -> None:
    goes = Goes(error)
    with caplog.at_level(logging.WARNING):
        await goes.look()
    assert caplog.messages == [said]
    await goes.look()
    assert goes.went == 2


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_told_makes_what_is_waited_for(acme: Tenant, embedder: FakeEmbedder) -> None:
    memory = remember(acme, "one")
    tasks.embed_memories([[]])
    until(lambda: row_of(memory).status == "ready")


@pytest.mark.django_db(transaction=True)
def test_the_schedule_changes_the_model_from_begin_to_end(
    acme: Tenant, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch, "_conditions", [])
    for text in ("one", "two"):
        remember(acme, text)
    bridge.start(worker.embed()).result(30)
    shelf.choose(FakeEmbedder("fake-2", 4))
    tasks.tend_models()
    until(lambda: EmbeddingModel.objects.filter(name="fake-2", state="active").exists())
    EmbeddingModel.objects.filter(name="fake-1").update(retired_at=timezone.now() - timedelta(hours=1))
    bridge.start(worker.tend()).result(30)
    assert [(row.model.name, row.status) for row in all_rows()] == [("fake-2", "ready")] * 2
    assert list(EmbeddingModel.objects.values_list("name", "state")) == [("fake-2", "active")]


@pytest.mark.django_db(transaction=True)
def test_a_switch_that_cannot_be_made_now_is_tried_again(
    acme: Tenant, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    remember(acme, "one")
    shelf.choose(FakeEmbedder("fake-2", 4))

    def busy() -> bool:
        raise ModelsBusy()

    with monkeypatch.context() as patch, caplog.at_level(logging.INFO):
        patch.setattr(worker, "switch_when_complete", busy)
        bridge.start(worker.tend()).result(30)
    assert "a long write runs" in caplog.text
    bridge.start(worker.tend()).result(30)
    assert EmbeddingModel.objects.filter(name="fake-2", state="active").exists()


def test_a_write_tells_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(soon, "tell_workers", told.append)
    soon.embed_soon()
    assert told == [tasks.embed_memories.name]


def test_the_schedule_names_the_tasks_that_there_are() -> None:
    assert {entry["task"] for entry in SCHEDULE.values()} >= {tasks.embed_memories.name, tasks.tend_models.name}
