"""Two web processes under load while the vault's key and a tenant's data key take their successors' place."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.caller import System
from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import RekeyingState
from integrations.vault.accepted import accepted
from integrations.vault.keyring import new_key_file
from integrations.vault.memory import in_memory
from integrations.vault.rewrap import rewrap_all, waiting
from registry.models import Execution
from registry.models.execution import UNFINISHED, Status
from registry.tasks import resume_due
from tests.catalogue import Register
from tests.hammer.processes import Callers, Said, webs, workers
from tests.integrations.vault.rekeyed import alive, execution, go_through, rekeying, rotate
from tests.patience import until
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

CALLS = 80


@pytest.fixture
def changing(settings: Settings, tmp_path: Path) -> dict[str, str]:
    """The settings of a change: a new key wraps, the one of before is still accepted."""
    new_key_file(tmp_path / "next.key")
    return {"VAULT_KEY_FILE": str(tmp_path / "next.key"), "VAULT_PREVIOUS_KEY_FILE": str(settings.VAULT_KEY_FILE)}


@pytest.fixture
def callers(
    django_db_setup: None, acme: Tenant, scout_headers: dict[str, str], changing: dict[str, str], settings: Settings
) -> Iterator[Callers]:
    in_memory.clear()
    execution(acme)  # so that there is a data key, wrapped by the key of before
    settings.VAULT_KEY_FILE = Path(changing["VAULT_KEY_FILE"])
    settings.VAULT_PREVIOUS_KEY_FILE = changing["VAULT_PREVIOUS_KEY_FILE"]
    with webs(2, **changing) as served:
        yield Callers(served, scout_headers)


def test_no_call_fails_while_both_keys_are_changed(
    acme: Tenant,
    callers: Callers,
    register: Register,
    upstream: Upstream,
    changing: dict[str, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register()

    def one(number: int) -> Said:
        return callers.call(number, mode="async" if number % 2 else "sync", key=f"key-{number}")

    with ThreadPoolExecutor(1) as thread:
        calling = thread.submit(callers.together, CALLS, one, at_once=8)
        rotate(acme)
        go_through(acme)
        *_, end = rewrap_all(by=System("vault"))
        said = calling.result()
    assert Counter(each.code for each in said) == {"succeeded": CALLS // 2, "pending": CALLS // 2}
    assert (end.waiting, end.closed) == (0, ())
    for minutes in (10, 20, 30):
        go_through(acme, minutes=minutes)
    assert (rekeying(acme).state, alive(acme), waiting(accepted())) == (RekeyingState.DONE, [2], 0)
    settings.VAULT_PREVIOUS_KEY_FILE = ""
    monkeypatch.setenv("VAULT_KEY_FILE", changing["VAULT_KEY_FILE"])
    in_memory.clear()
    with workers(1):
        until(lambda: _work_off(acme), seconds=60)
    with within(acme.id):
        assert Execution.objects.filter(status=Status.SUCCEEDED, mode="async").count() == CALLS // 2


def _work_off(tenant: Tenant) -> bool:
    """As beat would. The execution that only brought the data key has no tool, and stays."""
    resume_due.delay()
    with within(tenant.id):
        return not Execution.objects.filter(status__in=UNFINISHED, tool__isnull=False).exists()
