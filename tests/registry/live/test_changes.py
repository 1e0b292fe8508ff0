import time
from queue import Queue
from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings

from registry.live import board, changes, pace


@pytest.fixture
def tenant_id() -> UUID:
    return uuid4()


def key(tenant_id: UUID, what: str = "webhooks") -> str:
    return f"{board.PREFIX}changed:{tenant_id}:{what}"


def test_nobody_is_told_while_nobody_watches(tenant_id: UUID) -> None:
    assert changes.send(tenant_id, "webhooks") is False


def test_it_is_told_once_a_second_by_all_processes_together(tenant_id: UUID) -> None:
    pace.watch(tenant_id)
    assert [changes.send(tenant_id, "webhooks") for _ in range(5)] == [True, False, False, False, False]
    assert 0 < redis.Redis.from_url(settings.REDIS_URL).pttl(key(tenant_id)) <= 1000


def test_another_thing_that_changed_is_told_beside_it(tenant_id: UUID) -> None:
    pace.watch(tenant_id)
    changes.send(tenant_id, "webhooks")
    assert changes.send(tenant_id, "memories") is True


def test_who_tells_waits_for_nobody(tenant_id: UUID) -> None:
    pace.watch(tenant_id)
    changes.tell_change(tenant_id, "webhooks")
    server = redis.Redis.from_url(settings.REDIS_URL)
    for _ in range(500):
        if server.exists(key(tenant_id)):
            return
        time.sleep(0.01)
    pytest.fail("It was not told.")


def test_words_that_nobody_takes_are_dropped(tenant_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    words: Queue[changes.Word] = Queue(1)
    monkeypatch.setattr(changes, "_teller", lambda pid: words)
    changes.tell_change(tenant_id, "webhooks")
    changes.tell_change(tenant_id, "webhooks")
    assert words.qsize() == 1
