from datetime import UTC, datetime

import pytest

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from registry.execution.flood import SINGLY, _id_of
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import executions


@pytest.mark.django_db(transaction=True)
def test_it_writes_the_first_refusals_singly_and_counts_the_rest(
    acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register(rate_limit={"per_minute": 1, "burst": 1})
    for _ in range(1 + SINGLY + 5):
        corridor.call("crm-find", {"account": 7})
    refused = [row for row in executions(acme) if row.status == "refused"]
    # The minute may have turned in between: then each minute has its own singles.
    assert sum(row.count for row in refused) == SINGLY + 5
    assert len(refused) < SINGLY + 5 or all(row.count == 1 for row in refused)
    with within(acme.id):
        assert AuditEntry.objects.filter(action="execution.refused").count() == len(refused)


def test_it_names_a_minutes_row_alike_everywhere_and_in_its_place() -> None:
    at = datetime(2026, 11, 20, 12, 30, 59, tzinfo=UTC)
    first = _id_of("agent:1:rate_limited:202611201230", at)
    assert first == _id_of("agent:1:rate_limited:202611201230", at.replace(second=1))
    assert first != _id_of("agent:2:rate_limited:202611201230", at)
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert first.int >> 80 == int(at.replace(second=0).timestamp() * 1000)
