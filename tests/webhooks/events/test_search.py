"""Searching takes so long and no longer. What is found: `tests/webhooks/api/test_events.py`."""

import pytest
from django.db import OperationalError, connection

from accounts.errors import Invalid
from accounts.models import Tenant
from accounts.tenancy import within
from webhooks.events import search
from webhooks.events.search import patience

pytestmark = pytest.mark.django_db


def test_a_search_that_takes_too_long_is_refused(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "PATIENCE_MS", 1)
    with pytest.raises(Invalid) as refused, within(acme.id), patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    assert [fault.path for fault in refused.value.faults] == ["search"]


def test_a_server_that_is_away_is_not_the_searchs_fault(acme: Tenant) -> None:
    with pytest.raises(OperationalError), within(acme.id), patience():
        raise OperationalError
