import pytest
from django.db import OperationalError, connection

from accounts.errors import Throttled
from accounts.models import Tenant
from accounts.tenancy import current_scope
from memory import bounded
from memory.answers.types import Asker, in_tenant
from memory.bounded import bounded_within
from tests.cast import CASTING

pytestmark = pytest.mark.django_db(transaction=True)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_it_gives_up_what_takes_postgresql_too_long(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LONGEST_STATEMENT_MS", 50)
    with pytest.raises(Throttled, match="takes too long"), bounded_within(acme.id):
        run("SELECT pg_sleep(30)")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_it_tells_another_failure_as_it_is(acme: Tenant) -> None:
    with pytest.raises(OperationalError), bounded_within(acme.id):
        run("SELECT pg_terminate_backend(pg_backend_pid())")


def test_it_is_the_tenants_scope(acme: Tenant) -> None:
    with bounded_within(acme.id):
        assert current_scope().tenant_id == acme.id


async def test_it_holds_for_every_door(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "LONGEST_STATEMENT_MS", 50)
    with pytest.raises(Throttled):
        await in_tenant(Asker(acme.id, CASTING), lambda _: run("SELECT pg_sleep(30)"))
