"""Telling that there is something to do."""

import logging
from typing import Any

import pytest
from django.db import transaction
from redis import Redis

from accounts.ids import new_id
from registry.live import board
from tests.accounts.test_telling import told
from tests.patience import until
from webhooks.wake import FOR_AGENTS, wake_agent, wake_queue, wake_router

pytestmark = pytest.mark.django_db(transaction=True)


def test_workers_are_told_of_events_and_queues() -> None:
    wake_router()
    wake_queue()
    until(lambda: len(told()) == 2)
    queue, event = (message["headers"] for message in told())
    assert (event["task"], event["argsrepr"]) == ("webhooks.tasks.route_events", "([[]],)")
    assert (queue["task"], queue["argsrepr"]) == ("webhooks.tasks.work_queues", "([[]],)")


def test_an_agent_is_told_after_the_commit(settings: Any) -> None:
    agent_id = new_id()
    with Redis.from_url(settings.REDIS_URL) as redis, redis.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(FOR_AGENTS)
        listening.get_message(timeout=5)
        with transaction.atomic():
            wake_agent(agent_id)
            assert listening.get_message() is None
        message = listening.get_message(timeout=5)
    assert message is not None
    assert message["data"] == str(agent_id).encode()


def test_nothing_fails_while_redis_is_away(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    board.forget()
    with caplog.at_level(logging.WARNING):
        wake_agent(new_id())
    assert "Redis is away" in caplog.text
    board.forget()
