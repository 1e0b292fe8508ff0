"""Telling the workers, and what happens when nobody can be told."""

import json
import logging
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.db import transaction
from redis import Redis

from accounts.ids import new_id
from registry.execution import wake as wake_module
from registry.execution.wake import EXPIRES_SECONDS, wake
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "qm:celery:celery"


def forget_connection() -> None:
    """As a new process would begin."""
    wake_module._teller.cache_clear()


def told() -> list[Any]:
    with Redis.from_url(django_settings.REDIS_URL) as redis:
        return [json.loads(message) for message in redis.lrange(QUEUE, 0, -1)]


def test_it_tells_after_the_commit() -> None:
    tenant_id, execution_id = new_id(), new_id()
    with transaction.atomic():
        wake(tenant_id, execution_id)
        assert told() == []
    until(lambda: len(told()) == 1)
    headers = told()[0]["headers"]
    assert headers["task"] == "registry.tasks.resume_execution"
    assert headers["argsrepr"] == f"('{tenant_id}', '{execution_id}')"
    assert headers["expires"] is not None
    assert EXPIRES_SECONDS == 60


def test_it_tells_nothing_of_what_was_undone() -> None:
    with transaction.atomic():
        wake(new_id(), new_id())
        transaction.set_rollback(True)
    wake(new_id(), new_id())
    until(lambda: len(told()) == 1)


def test_it_goes_on_without_redis(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    forget_connection()
    with caplog.at_level(logging.WARNING):
        wake(new_id(), new_id())
        until(lambda: "The workers were not told of 1 executions (OperationalError)" in caplog.text)
    monkeypatch.undo()
    wake(new_id(), new_id())
    until(lambda: len(told()) == 1)
