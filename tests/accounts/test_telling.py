"""Telling the workers, and what happens when nobody can be told."""

import json
import logging
import threading
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import transaction
from redis import Redis

from accounts import telling
from accounts.telling import EXPIRES_SECONDS, MOST_TOGETHER, tell_workers
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "qm:celery:celery"
TASK = "registry.tasks.resume_executions"


def told() -> list[Any]:
    """The newest first."""
    with Redis.from_url(django_settings.REDIS_URL) as redis:
        return [json.loads(message) for message in redis.lrange(QUEUE, 0, -1)]


def test_it_tells_after_the_commit() -> None:
    with transaction.atomic():
        tell_workers(TASK, "acme", "e-1")
        assert told() == []
    until(lambda: len(told()) == 1)
    headers = told()[0]["headers"]
    assert headers["task"] == TASK
    assert headers["argsrepr"] == "([['acme', 'e-1']],)"
    assert headers["expires"] is not None
    assert EXPIRES_SECONDS == 60


def test_it_tells_nothing_of_what_was_undone() -> None:
    with transaction.atomic():
        tell_workers(TASK, "acme", "e-1")
        transaction.set_rollback(True)
    tell_workers(TASK, "acme", "e-2")
    until(lambda: len(told()) == 1)


def test_words_that_wait_go_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    may_send, send = threading.Event(), telling._send

    def wait_and_send(*args: Any) -> None:
        may_send.wait(10)
        send(*args)

    monkeypatch.setattr(telling, "_send", wait_and_send)
    for number in range(MOST_TOGETHER + 1):
        tell_workers(TASK, str(number))
    tell_workers("registry.tasks.resume_due")
    may_send.set()
    until(lambda: sum(message["headers"]["argsrepr"].count("['") for message in told()) == MOST_TOGETHER + 1)
    until(lambda: any(message["headers"]["argsrepr"] == "([[]],)" for message in told()))
    assert len(told()) <= 4


def test_it_goes_on_without_redis(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    telling._teller.cache_clear()  # as a new process would begin
    with caplog.at_level(logging.WARNING):
        tell_workers(TASK, "acme", "e-1")
        until(lambda: "The workers were not told 1 times (OperationalError)" in caplog.text)
    monkeypatch.undo()
    tell_workers(TASK, "acme", "e-2")
    until(lambda: len(told()) == 1)
