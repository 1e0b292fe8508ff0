from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.connections.upkeep import find_due
from integrations.models import Connection
from integrations.tasks import refresh_tokens
from tests.integrations.connections.conftest import age, ago, now, row
from tests.integrations.connections.services import settled
from tests.integrations.connections.signing_in import signed_in, with_app
from tests.vendors import Manners, Vendor

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 86_400


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, False),
        ({"refreshed_at": 2 * DAY, "expires_at": DAY}, True),
        ({"refreshed_at": 2 * DAY, "expires_at": -30 * DAY}, True),
        ({"refreshed_at": 2 * DAY, "expires_at": None}, False),
        ({"refreshed_at": 2 * DAY, "cool_until": -60}, False),
        ({"refreshed_at": 3600, "refresh_expires_at": -3600}, True),
        ({"refreshed_at": 60, "refresh_expires_at": -3600}, False),
        ({"refreshed_at": 3600, "refresh_expires_at": -2 * DAY}, False),
    ],
)
def test_it_finds_what_has_rested_for_long_or_is_about_to_die(
    chat: Connection, changes: dict[str, Any], is_due: bool
) -> None:
    """`changes` in seconds ago."""
    age(chat, **{name: seconds and ago(seconds) for name, seconds in changes.items()})
    assert bool(find_due(timezone.now())) == is_due


def test_it_leaves_keys_and_dead_connections_alone(acme: Tenant, chat: Connection, vendor: Vendor) -> None:
    age(chat, refreshed_at=ago(2 * DAY))
    settled(acme, vendor)
    with within(acme.id):
        Connection.objects.update(state="expired")
    assert find_due(timezone.now() + timedelta(days=9)) == []


def test_it_refreshes_them(chat: Connection, vendor: Vendor) -> None:
    age(chat, refreshed_at=ago(2 * DAY), expires_at=ago(DAY))
    refresh_tokens()
    assert row(chat).token_version == 2
    assert find_due(timezone.now()) == []


def test_it_finds_dead_ones_before_a_call_does(chat: Connection, vendor: Vendor) -> None:
    age(chat, refreshed_at=ago(2 * DAY), expires_at=ago(DAY))
    vendor.refresh.clear()
    refresh_tokens()
    assert now(chat).state == "expired"


def test_it_asks_no_more_for_what_cannot_be_renewed(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    vendor.consented.add("ada")
    vendor.manners = Manners(first_consent_only=True, lifetime=60 * DAY)
    found = signed_in(acme, alice, vendor, with_app(acme, vendor))
    age(found, refreshed_at=ago(2 * DAY))
    refresh_tokens()
    assert (now(found).state, row(found).cool_until) == ("active", row(found).expires_at)
    assert find_due(timezone.now()) == []
