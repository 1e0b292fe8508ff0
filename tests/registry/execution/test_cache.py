import pytest

from accounts.models import Tenant
from registry.execution.cache import LARGEST_BYTES
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
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


def test_it_tells_nothing_to_another_tenant(
    globex: Tenant, corridor: Corridor, spy_corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True, cache_seconds=60)
    register(tenant=globex, read_only=True, cache_seconds=60)
    corridor.call("crm-find", {"account": 7})
    assert spy_corridor.call("crm-find", {"account": 7}).cached is False
    assert len(upstream.received) == 2
