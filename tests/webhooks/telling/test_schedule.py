"""What the schedule has the workers do."""

import pytest

from accounts.models import Tenant
from tests.webhooks.telling.subscribers import deliveries, happen, subscribed
from webhooks.tasks import remove_old_deliveries, tell_subscriptions

pytestmark = pytest.mark.django_db


def test_it_tells_and_leaves_what_is_new(acme: Tenant) -> None:
    subscribed(acme)
    happen(acme, "execution.failed")
    tell_subscriptions()
    remove_old_deliveries()
    assert [delivery.event_type for delivery in deliveries(acme)] == ["execution.failed"]
