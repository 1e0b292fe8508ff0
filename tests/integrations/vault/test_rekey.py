from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from integrations.errors import SealBroken
from integrations.models import RekeyingState
from integrations.vault import open_sealed
from integrations.vault.data_keys import FIRST_VERSION, key_of_version
from integrations.vault.memory import in_memory
from integrations.vault.rekey import go_on, tend_rekeyings
from integrations.vault.rotate import try_again
from integrations.vault.sealing import Sealer
from registry.models import Execution
from tests.integrations.vault.rekeyed import (
    CONSOLE,
    alive,
    execution,
    finish,
    go_through,
    opened,
    rekeying,
    rotate,
    stored,
    version_of,
)

commits = pytest.mark.django_db(transaction=True)


def test_it_seals_anew_and_then_destroys_the_old_key(acme: Tenant) -> None:
    rows = [execution(acme, f"secret {number}".encode()) for number in range(3)]
    rotate(acme)
    go_through(acme)
    assert {version_of(stored(row)) for row in rows} == {2}
    assert (rekeying(acme).state, alive(acme)) == (RekeyingState.SETTLING, [1, 2])
    go_through(acme, minutes=10)
    done = rekeying(acme)
    assert (done.state, done.done, done.total, done.broken) == (RekeyingState.DONE, 3, 3, 0)
    assert alive(acme) == [2]
    assert [opened(row) for row in rows] == [b"secret 0", b"secret 1", b"secret 2"]


def test_it_tells_of_the_end_and_has_everybody_forget(acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    finish(acme)
    with within(acme.id):
        (entry,) = AuditEntry.objects.filter(action="data_key.destroyed")
        assert Tenant.objects.get().generation == acme.generation + 1
    assert entry.detail == {"versions": [1], "values": 1, "given_up": 0}


def test_what_is_copied_from_before_opens_no_more(acme: Tenant) -> None:
    row = execution(acme)
    before = stored(row)
    rotate(acme)
    finish(acme)
    in_memory.clear()
    with within(acme.id), pytest.raises(SealBroken):
        open_sealed(tenant_id=acme.id, purpose="execution", field=f"{row.id}:input", sealed=before)


def test_it_touches_no_other_tenant(acme: Tenant, globex: Tenant) -> None:
    execution(acme)
    foreign = execution(globex)
    before = stored(foreign)
    rotate(acme)
    finish(acme)
    assert (stored(foreign), alive(globex)) == (before, [FIRST_VERSION])


def test_it_keeps_the_old_key_while_a_process_may_seal_with_it(acme: Tenant) -> None:
    execution(acme)
    rotate(acme)
    go_through(acme)
    late = execution(acme)
    with within(acme.id):
        Execution.objects.filter(id=late.id).update(sealed_input=_sealed_by_first(late))
    go_through(acme, seconds=170)
    assert alive(acme) == [1, 2]
    go_through(acme, seconds=190)
    assert (alive(acme), version_of(stored(late))) == ([1, 2], 1)
    go_through(acme, seconds=205)
    assert version_of(stored(late)) == 2
    go_through(acme, minutes=10)
    assert (alive(acme), opened(late)) == ([2], b"late")


def _sealed_by_first(row: Execution) -> bytes:
    """What a process still does that has the first version in memory."""
    key = key_of_version(row.tenant_id, 1)
    assert key is not None
    return Sealer(row.tenant_id, 1, key).seal(purpose="execution", field=f"{row.id}:input", plaintext=b"late")


def test_it_goes_on_where_it_was_stopped(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.vault.reseal.BATCH", 2)
    rows = [execution(acme) for _ in range(5)]
    rotate(acme)
    while rekeying(acme).done < 2:
        go_on(acme.id)
    assert [version_of(stored(row)) for row in rows] == [2, 2, 1, 1, 1]
    assert (rekeying(acme).total, rekeying(acme).done) == (5, 2)
    go_through(acme)
    assert ({version_of(stored(row)) for row in rows}, rekeying(acme).done) == ({2}, 5)


@commits
def test_it_leaves_what_somebody_holds_and_comes_again(acme: Tenant) -> None:
    held, free = execution(acme), execution(acme)
    rotate(acme)
    with within(acme.id):
        Execution.objects.select_for_update().get(id=held.id)
        _in_another_connection(go_through, acme)
    assert (version_of(stored(held)), version_of(stored(free))) == (1, 2)
    for minutes in (10, 11, 12):
        go_through(acme, minutes=minutes)
    assert (version_of(stored(held)), alive(acme)) == (2, [2])


def _in_another_connection(work: Callable[[Tenant], None], tenant: Tenant) -> None:
    def run() -> None:
        try:
            work(tenant)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result()


def test_it_keeps_the_old_key_when_something_does_not_open(acme: Tenant) -> None:
    good, bad = execution(acme), execution(acme)
    with within(acme.id):
        Execution.objects.filter(id=bad.id).update(sealed_input=stored(good))
    rotate(acme)
    _wait_long(acme)
    stuck = rekeying(acme)
    assert (stuck.state, stuck.broken, stuck.done, alive(acme)) == (RekeyingState.STUCK, 1, 1, [1, 2])
    assert opened(good) == b"secret"
    with within(acme.id):
        assert AuditEntry.objects.get(action="data_key.stuck").detail == {"to": 2, "values": 1}


@pytest.fixture
def good(acme: Tenant) -> Execution:
    """Beside one that does not open: a rekeying got stuck, and somebody gave that up."""
    good, bad = execution(acme), execution(acme)
    with within(acme.id):
        Execution.objects.filter(id=bad.id).update(sealed_input=stored(good))
    rotate(acme)
    _wait_long(acme)
    with within(acme.id):
        try_again(tenant_id=acme.id, by=CONSOLE, give_up=True)
    _wait_long(acme)
    return good


def _wait_long(tenant: Tenant) -> None:
    for minutes in (0, 10, 11, 12):
        go_through(tenant, minutes=minutes)


def test_what_does_not_open_is_given_up_when_somebody_says_so(acme: Tenant, good: Execution) -> None:
    assert (rekeying(acme).state, alive(acme), opened(good)) == (RekeyingState.DONE, [2], b"secret")
    with within(acme.id):
        assert AuditEntry.objects.get(action="data_key.retried").detail == {"to": 2, "gives_up": True}
        assert AuditEntry.objects.get(action="data_key.destroyed").detail["given_up"] == 1


def test_what_was_given_up_holds_up_no_later_rotation(acme: Tenant, good: Execution) -> None:
    rotate(acme)
    _wait_long(acme)
    assert (rekeying(acme).state, alive(acme), opened(good)) == (RekeyingState.DONE, [3], b"secret")


def test_it_waits_for_the_vaults_key(acme: Tenant, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    row = execution(acme)
    rotate(acme)
    key, settings.VAULT_KEY_FILE = settings.VAULT_KEY_FILE, "/nowhere/vault.key"
    tend_rekeyings()
    assert (version_of(stored(row)), rekeying(acme).done) == (1, 0)
    assert [record.action for record in caplog.records if hasattr(record, "action")] == ["rekey_failed"]
    settings.VAULT_KEY_FILE = key
    tend_rekeyings()
    assert (version_of(stored(row)), rekeying(acme).done) == (2, 1)


def test_a_run_works_on_every_tenant_that_is_due(acme: Tenant, globex: Tenant) -> None:
    rows = [execution(acme), execution(globex)]
    for tenant in (acme, globex):
        rotate(tenant)
    tend_rekeyings()
    assert [version_of(stored(row)) for row in rows] == [2, 2]


def test_row_level_security_hides_anothers(acme: Tenant, globex: Tenant) -> None:
    execution(acme)
    rotate(acme)
    with within(globex.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM integrations_rekeying")
        assert cursor.fetchone() == (0,)
