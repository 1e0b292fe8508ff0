from datetime import timedelta

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.models import DataKey
from integrations.tasks import rekey, rotate_aged
from integrations.vault.memory import in_memory
from tests.integrations.vault.rekeyed import alive, execution, rotate, stored, version_of


@pytest.fixture(autouse=True)
def _nothing_in_memory() -> None:
    in_memory.clear()


def test_the_schedule_goes_on_with_rotations(acme: Tenant) -> None:
    row = execution(acme)
    rotate(acme)
    rekey()
    assert version_of(stored(row)) == 2


def test_the_schedule_rotates_what_is_old(acme: Tenant) -> None:
    execution(acme)
    with within(acme.id):
        DataKey.objects.update(created_at=DataKey.objects.get().created_at - timedelta(days=400))
    rotate_aged()
    assert alive(acme) == [1, 2]
