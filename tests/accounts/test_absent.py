"""The caller of a call that goes on later."""

from dataclasses import replace

import pytest

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.models import Tenant
from accounts.tenancy import within

pytestmark = pytest.mark.django_db


def test_it_is_who_showed_the_key_then(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        found = absent_caller(tenant_id=acme.id, agent_id=scout_caller.agent_id, key_id=scout_caller.key_id)
    assert found == replace(scout_caller, address="")
