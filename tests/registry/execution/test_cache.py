import json
import logging
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.execution.cache import LARGEST_BYTES, look_up
from registry.execution.passage import Passage
from registry.execution.types import Answer, Ending, Mode, Outcome, Resumed, ToolCall
from registry.models.execution import Status
from registry.publish import publish_version
from registry.purge import purge_cache
from tests.cast import CASTING
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.patience import until
from tests.registry.execution.calls import a_call, a_caller, a_target
from tests.registry.execution.rows import executions, stored
from tests.registry.limits.redis import answering_late, asked, keys_like, valkey
from tests.registry.trail import share
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_answers_again_without_asking_again(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True, cache_seconds=60)
    first = corridor.call("crm-find", {"account": 7, "email": "a@example.com"})
    again = corridor.call("crm-find", {"email": "a@example.com", "account": 7})
    assert (first.cached, again.cached, again.output, again.attempts) == (False, True, {"ok": True}, 0)
    assert len(upstream.received) == 1
    assert stored(acme, again).cached is True


def test_it_asks_again_for_another_input(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60)
    corridor.call("crm-find", {"account": 7})
    assert corridor.call("crm-find", {"account": 8}).cached is False
    assert len(upstream.received) == 2


def test_it_keeps_nothing_of_a_tool_that_does_not_say_so(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True)
    for _ in range(2):
        assert corridor.call("crm-find", {"account": 7}).cached is False
    assert len(upstream.received) == 2


def test_it_keeps_no_failure(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60)
    upstream.will(Scripted(404), Scripted(200))
    assert corridor.call("crm-find", {"account": 7}).status == Status.FAILED
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    assert corridor.call("crm-find", {"account": 7}).cached is True


def test_it_keeps_no_giant(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60)
    upstream.will(Scripted(body=b'"' + b"x" * LARGEST_BYTES + b'"'))
    for _ in range(2):
        assert corridor.call("crm-find", {"account": 7}).cached is False


def test_it_keeps_each_tenants_answers_apart(corridor: Corridor, spy_corridor: Corridor, upstream: Upstream) -> None:
    share(definition={"method": "GET", "url": upstream.url}, read_only=True, cache_seconds=60)
    both = corridor, spy_corridor
    assert [each.call("crm-find", {"account": 7}).cached for each in both] == [False, False]
    assert [each.call("crm-find", {"account": 7}).cached for each in both] == [True, True]
    assert len(upstream.received) == 2


def test_it_keeps_answers_sealed(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60)
    upstream.will(Scripted(body=b'{"name": "Ada Lovelace"}'))
    corridor.call("crm-find", {"account": 7})
    (key,) = keys_like("qm:answer:*")
    with valkey() as server:
        kept = server.get(key)
        assert 0 < server.ttl(key) <= 60
    assert isinstance(kept, bytes)
    assert b"Ada" not in kept


@pytest.mark.parametrize(
    ("first", "again", "same"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}, True),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": 1}, {"a": 1.0}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": "1"}, {"a": 1}, False),
        ({"a": None}, {}, False),
        (json.loads('{"a": "\\u00e9"}'), {"a": "é"}, True),
        ({"a": "\u00e9"}, {"a": "e\u0301"}, False),
    ],
)
def test_it_takes_for_the_same_what_a_service_cannot_tell_apart(
    corridor: Corridor, register: Register, upstream: Upstream, first: Any, again: Any, same: bool
) -> None:
    register(read_only=True, cache_seconds=60, input_schema={"type": "object"})
    corridor.call("crm-find", first)
    assert corridor.call("crm-find", again).cached is same


def test_it_keeps_another_answer_for_another_operation(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    endpoints = {"stamp": f"{upstream.url}/stamp", "check": f"{upstream.url}/check"}
    register(definition={}, endpoints=endpoints, read_only=True, cache_seconds=60)
    assert corridor.call("crm-find", {"account": 7}, operation="stamp").cached is False
    assert corridor.call("crm-find", {"account": 7}, operation="check").cached is False
    assert corridor.call("crm-find", {"account": 7}, operation="stamp").cached is True


def test_it_keeps_another_answer_for_another_version(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register(read_only=True, cache_seconds=60)
    corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        publish_version(tool=tool, by=manager_of(acme), spec={"version": "1.1.0"})
    assert corridor.call("crm-find", {"account": 7}).cached is False
    assert corridor.call("crm-find", {"account": 7}, version="1.0.0").cached is True
    assert len(upstream.received) == 2


def test_it_forgets_a_tools_answers_when_they_are_purged(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    tool = register(read_only=True, cache_seconds=60)
    corridor.call("crm-find", {"account": 7})
    with within(acme.id):
        purge_cache(tool=tool, by=CASTING)
    assert [corridor.call("crm-find", {"account": 7}).cached for _ in range(2)] == [False, True]
    assert len(upstream.received) == 2


def test_it_opens_no_answer_that_was_put_in_anothers_place(
    corridor: Corridor, register: Register, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    register(read_only=True, cache_seconds=60)
    corridor.call("crm-find", {"account": 7})
    (one,) = keys_like("qm:answer:*")
    corridor.call("crm-find", {"account": 8})
    (other,) = set(keys_like("qm:answer:*")) - {one}
    with valkey() as server:
        server.rename(one, other)
    with caplog.at_level(logging.WARNING):
        assert corridor.call("crm-find", {"account": 8}).cached is False
    assert "A cached answer cannot be opened" in caplog.text
    assert corridor.call("crm-find", {"account": 8}).cached is True


def test_it_sends_identical_calls_once(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60)
    arrived, leave = upstream.will_wait()
    first = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    others: list[Future[Outcome]] = [corridor.start("crm-find", {"account": 7}) for _ in range(5)]
    leave.set()
    assert first.result(20).cached is False
    assert [other.result(20).cached for other in others] == [True] * 5
    assert len(upstream.received) == 1


def test_it_hands_the_fetching_on_when_the_first_one_fails(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True, cache_seconds=60)
    arrived, leave = upstream.will_wait()
    first = corridor.start("crm-find", {"account": 7})
    assert arrived.wait(10)
    other = corridor.start("crm-find", {"account": 7})
    upstream.will(Scripted(200))
    first.cancel()
    assert other.result(20).status == Status.SUCCEEDED
    leave.set()
    assert keys_like("qm:answer:*:fetching") == []


def test_it_hands_the_fetching_on_of_a_call_that_is_cancelled_while_it_looks(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any
) -> None:
    register(read_only=True, cache_seconds=60)
    corridor.call("crm-find", {"account": 7})  # Redis knows the script from now on
    with answering_late(settings) as somebody_waits:
        running = corridor.start("crm-find", {"account": 8})
        until(somebody_waits)
        running.cancel()
    until(lambda: executions(acme)[-1].status == Status.CANCELLED)
    assert (asked("set"), keys_like("qm:answer:*:fetching")) == (1, [])
    assert len(upstream.received) == 1


def test_it_waits_no_longer_than_half_of_its_time(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60, timeout_ms=400)
    corridor.call("crm-find", {"account": 7})
    (key,) = keys_like("qm:answer:*")
    with valkey() as server:
        server.delete(key)
        server.set(f"{key}:fetching", "somebody else", px=60_000)
    assert corridor.call("crm-find", {"account": 7}).cached is False
    with valkey() as server:
        assert server.get(f"{key}:fetching") == b"somebody else"


def test_it_keeps_no_secret_that_a_call_has_used(acme: Tenant, corridor: Corridor) -> None:
    async def keep_and_look() -> Answer | None:
        call, target = a_call({"account": 7}, caller=a_caller(tenant_id=acme.id)), a_target(cache_seconds=60)
        passage = Passage(call, secrets=("hunter2-hunter2",))
        await look_up(call, target, passage)
        said = {"said": "your key is hunter2-hunter2", "token": "tk-1"}
        await passage.settle(Ending(Status.SUCCEEDED, answer=Answer(said)))
        return await look_up(call, target, passage)

    answer = corridor.loop.run(keep_and_look())
    assert answer is not None
    assert "hunter2" not in str(answer.output)
    assert answer.output["token"] == "tk-1"


def test_it_keeps_nothing_of_a_call_that_streams(acme: Tenant, corridor: Corridor) -> None:
    call = a_call({"account": 7}, caller=a_caller(tenant_id=acme.id), mode=Mode.STREAM)
    passage = Passage(call)

    async def stream() -> Answer | None:
        found = await look_up(call, a_target(cache_seconds=60), passage)
        await passage.settle(Ending(Status.SUCCEEDED, answer=Answer({"parts": 2})))
        return found

    assert corridor.loop.run(stream()) is None
    assert keys_like("qm:answer:*") == []


def test_a_run_steps_down_for_itself_and_no_later_run(acme: Tenant, corridor: Corridor) -> None:
    first, target = a_call({"account": 7}, caller=a_caller(tenant_id=acme.id)), a_target(cache_seconds=60)
    again = replace(first, resumed=Resumed(run=2, started_at=datetime.now(UTC)))

    def look(call: ToolCall) -> Passage:
        passage = Passage(call)
        corridor.loop.run(look_up(call, target, passage))
        return passage

    superseded = look(first)
    (mark,) = keys_like("qm:answer:*:fetching")
    with valkey() as server:
        server.delete(mark)  # its time was over
    look(again)
    corridor.loop.run(superseded.settle(Ending(Status.CANCELLED)))
    with valkey() as server:
        assert server.get(mark) == f"{first.execution_id}:2".encode()
