from collections import Counter
from datetime import UTC, datetime

import pytest

from accounts.ids import id_in_minute
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.breakers.settings import USUAL
from registry.execution.flood import SINGLY
from registry.execution.types import Mode
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import executions, stored
from tests.upstream import Scripted, Upstream


@pytest.mark.django_db(transaction=True)
def test_it_writes_the_first_refusals_singly_and_counts_the_rest(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register(rate_limit={"per_minute": 1, "burst": 1})
    for _ in range(1 + 4 * SINGLY):
        corridor.call("crm-find", {"account": 7})
    refused = [row for row in executions(acme) if row.status == "refused"]
    # Should the minute turn in between, a second token comes and each minute has its singles and its counted row.
    assert sum(row.count for row in refused) in {4 * SINGLY, 4 * SINGLY - 1}
    assert SINGLY < len(refused) <= 2 * (SINGLY + 1)
    assert max(row.count for row in refused) > 1
    with within(acme.id):
        assert AuditEntry.objects.filter(action="execution.refused").count() == len(refused)


@pytest.mark.django_db(transaction=True)
def test_it_tells_a_counted_refusal_by_the_row_that_counts_it(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register(rate_limit={"per_hour": 1, "burst": 1})
    corridor.call("crm-find", {"account": 7})
    told = [corridor.call("crm-find", {"account": 7}) for _ in range(2 * SINGLY)]
    assert {row.id: row.count for row in executions(acme) if row.status == "refused"} == Counter(
        outcome.id for outcome in told
    )
    with within(acme.id):
        subjects = set(AuditEntry.objects.filter(action="execution.refused").values_list("subject", flat=True))
    assert subjects == {f"execution:{outcome.id}" for outcome in told}
    assert corridor.get(f"executions/{told[-1].id}/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_it_counts_open_circuits_in_place_of_the_rows_that_were_opened(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    for _ in range(USUAL.minimum_calls):
        corridor.call("crm-find", {"account": 7})
    told = [corridor.call("crm-find", {"account": 7}, idempotency_key=f"k-{each}") for each in range(3 * SINGLY)]
    assert {outcome.error and outcome.error["code"] for outcome in told} == {"circuit_open"}
    refused = {row.id: row.count for row in executions(acme) if row.status != "failed"}
    assert refused == Counter(outcome.id for outcome in told)
    assert SINGLY < len(refused) <= 2 * (SINGLY + 1)
    with within(acme.id):
        assert AuditEntry.objects.filter(action="execution.refused").count() == len(refused)
    assert len(upstream.received) == USUAL.minimum_calls


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_row_of_a_call_that_somebody_may_look_for(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    for _ in range(USUAL.minimum_calls + 2 * SINGLY):
        corridor.call("crm-find", {"account": 7})
    followed = [
        corridor.call("crm-find", {"account": 7}, **more) for more in ({"wait_ms": 9000}, {"mode": Mode.STREAM})
    ]
    assert [outcome.error and outcome.error["code"] for outcome in followed] == ["circuit_open"] * 2
    assert [stored(acme, outcome).count for outcome in followed] == [1, 1]


def test_it_names_a_minutes_row_alike_everywhere_and_in_its_place() -> None:
    at = datetime(2026, 11, 20, 12, 30, 59, tzinfo=UTC)
    first = id_in_minute("agent:1:rate_limited:202611201230", at)
    assert first == id_in_minute("agent:1:rate_limited:202611201230", at.replace(second=1))
    assert first != id_in_minute("agent:2:rate_limited:202611201230", at)
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first.int >> 80 == int(at.replace(second=0).timestamp() * 1000)
