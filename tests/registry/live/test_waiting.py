import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.approvals.unanswered import withdraw
from registry.live.frames import frame, snapshot
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.approvals.questions import approvals, execution_of, waiting
from tests.registry.live.rows import seal
from tests.registry.live.test_frames import head

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_tells_what_waits_and_what_changed(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    seal(acme)
    start = head(acme)
    first, second = (waiting(corridor, acme, {"account": number}) for number in (1, 2))
    seal(acme)
    told = frame(acme.id, after=start, upto=head(acme)).approvals
    assert told.waiting == 2
    assert [(line.id, line.state, line.decided_at) for line in told.changed] == [
        (str(second.id), "waiting", None),
        (str(first.id), "waiting", None),
    ]
    line = told.changed[1]
    assert (line.execution, line.tool, line.version, line.agent) == (
        str(first.execution_id),
        "crm-find",
        "1.0.0",
        "scout",
    )
    assert (line.requested_at, line.expires_at) == (first.requested_at.isoformat(), first.expires_at.isoformat())


def test_it_tells_an_answer(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    approval = waiting(corridor, acme, {"account": 7})
    seal(acme)
    start = head(acme)
    with within(acme.id):
        withdraw(execution=execution_of(approval), actor=approval.asked_by)
    seal(acme)
    told = frame(acme.id, after=start, upto=head(acme)).approvals
    (decided,) = approvals(acme)
    assert decided.decided_at is not None
    assert (told.waiting, [(line.state, line.decided_at) for line in told.changed]) == (
        0,
        [("withdrawn", decided.decided_at.isoformat())],
    )


def test_a_snapshot_counts_what_waits(acme: Tenant, globex: Tenant, corridor: Corridor, register: Register) -> None:
    register()
    waiting(corridor, acme, {"account": 7})
    assert (snapshot(acme.id).approvals.waiting, snapshot(globex.id).approvals.waiting) == (1, 0)
