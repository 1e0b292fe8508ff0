from collections import Counter
from datetime import UTC, datetime

import pytest

from accounts.ids import id_in_minute
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.execution.flood import SINGLY
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import executions


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


def test_it_names_a_minutes_row_alike_everywhere_and_in_its_place() -> None:
    at = datetime(2026, 11, 20, 12, 30, 59, tzinfo=UTC)
    first = id_in_minute("agent:1:rate_limited:202611201230", at)
    assert first == id_in_minute("agent:1:rate_limited:202611201230", at.replace(second=1))
    assert first != id_in_minute("agent:2:rate_limited:202611201230", at)
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first.int >> 80 == int(at.replace(second=0).timestamp() * 1000)
