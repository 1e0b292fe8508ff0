"""Two web processes and two workers: one limit, one bound, one circuit, one effect for a key."""

from collections import Counter
from collections.abc import Iterator

import pytest

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.breakers.settings import USUAL
from registry.models import Execution
from registry.models.execution import UNFINISHED, Status
from registry.tasks import resume_due
from tests.catalogue import Register
from tests.hammer.processes import Callers, Crowd, Said, webs, workers
from tests.patience import until
from tests.upstream import Scripted, Upstream
from tests.web import Web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def two(django_db_setup: None) -> Iterator[list[Web]]:
    with webs(2) as served:
        yield served


@pytest.fixture
def callers(two: list[Web], scout_headers: dict[str, str]) -> Callers:
    return Callers(two, scout_headers)


def test_they_share_one_rate_limit(callers: Callers, register: Register, upstream: Upstream) -> None:
    register(read_only=True, rate_limit={"per_hour": 20})
    said = callers.together(60, callers.call)
    assert Counter(each.code for each in said) == {"succeeded": 20, "rate_limited": 40}
    assert len(upstream.received) == 20
    refused = [each for each in said if each.status == 429]
    assert all("Retry-After" in each.headers for each in refused)
    assert {each.headers["RateLimit"].partition(";t=")[0] for each in refused} == {'"tool-hour";r=0'}


def test_they_share_one_quota_and_count_no_refusal(callers: Callers, register: Register, upstream: Upstream) -> None:
    register(quota={"per_day": 15})

    def one(number: int) -> Said:
        return callers.call(number, {"account": "seven"} if number % 3 == 0 else {"account": 7})

    said = callers.together(45, one)
    told = Counter(each.code for each in said)
    assert (told["succeeded"], len(upstream.received)) == (15, 15)


def test_they_share_one_circuit(acme: Tenant, callers: Callers, register: Register, upstream: Upstream) -> None:
    register()
    upstream.will(Scripted(500))
    said = [callers.call(number) for number in range(USUAL.minimum_calls)]
    assert {each.code for each in said} == {"upstream_error"}
    said = callers.together(20, callers.call)
    assert Counter(each.code for each in said) == {"circuit_open": 20}
    assert len(upstream.received) == USUAL.minimum_calls
    with within(acme.id):
        assert AuditEntry.objects.filter(action="breaker.opened").count() == 1


def test_they_run_one_call_for_a_key(acme: Tenant, callers: Callers, register: Register, upstream: Upstream) -> None:
    register()
    crowd = Crowd(seconds=0.3)
    upstream.will(crowd.answer())
    said = callers.together(24, lambda number: callers.call(number, key=f"key-{number % 3}"))
    assert len(upstream.received) == 3
    assert len({each.body["id"] for each in said}) == 3
    assert {each.status for each in said} <= {200, 202}
    other = callers.call(0, {"account": 8}, key="key-0")
    assert (other.status, other.code) == (409, "idempotency_conflict")
    again = callers.call(1, key="key-0")
    assert (again.status, again.body["status"], again.body["output"]) == (200, "succeeded", {"ok": True})
    with within(acme.id):
        assert Execution.objects.filter(status=Status.SUCCEEDED).count() == 3
    assert len(upstream.received) == 3


def test_they_ask_once_for_identical_calls(callers: Callers, register: Register, upstream: Upstream) -> None:
    register(read_only=True, cache_seconds=60)
    upstream.will(Crowd(seconds=0.3).answer())
    said = callers.together(16, callers.call)
    assert Counter(each.body["cached"] for each in said) == {False: 1, True: 15}
    assert len(upstream.received) == 1


def test_they_share_one_concurrency_bound_with_workers(
    acme: Tenant, callers: Callers, register: Register, upstream: Upstream
) -> None:
    register(concurrency={"most": 3})
    crowd = Crowd()
    upstream.will(crowd.answer())
    with workers(2):
        waiting = [callers.call(number, mode="async") for number in range(12)]
        assert {each.status for each in waiting} <= {202, 429}
        said = callers.together(40, callers.call)
        until(lambda: _work_off(acme), seconds=60)
    assert crowd.most <= 3
    assert crowd.most > 1
    told = Counter(each.code for each in said)
    assert set(told) <= {"succeeded", "rate_limited"}
    with within(acme.id):
        done = Execution.objects.filter(status=Status.SUCCEEDED).count()
    assert done == len(upstream.received) == told["succeeded"] + sum(each.status == 202 for each in waiting)


def _work_off(tenant: Tenant) -> bool:
    """As beat would: what was put back is taken up when it is due."""
    resume_due.delay()
    with within(tenant.id):
        return not Execution.objects.filter(status__in=UNFINISHED).exists()
