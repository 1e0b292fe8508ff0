"""Who calls, asked again while something of theirs goes on."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils import timezone

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.errors import Forbidden, KeyRevoked
from accounts.models import Agent, ApiKey, Tenant
from accounts.renewing import renewed
from accounts.roles import Role
from accounts.tenancy import within
from accounts.tenants import bump_generation

pytestmark = pytest.mark.django_db(transaction=True)


def all_renewed(*callers: Caller) -> Sequence[Caller]:
    async def ask() -> list[Caller]:
        return await asyncio.gather(*map(renewed, callers))

    return asyncio.run(ask())


def test_it_is_the_same_where_nothing_has_changed(scout_caller: Caller) -> None:
    assert all_renewed(scout_caller) == [scout_caller]


def test_it_has_the_role_and_generation_of_now(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        Agent.objects.update(role=Role.VIEWER)
        bump_generation(acme.id)
    (caller,) = all_renewed(scout_caller)
    assert (caller.role, caller.generation) == (Role.VIEWER, scout_caller.generation + 1)


def test_it_refuses_whose_key_was_revoked(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        ApiKey.objects.update(revoked_at=timezone.now())
    with pytest.raises(KeyRevoked):
        all_renewed(scout_caller)


def test_it_refuses_whose_agent_was_disabled(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        Agent.objects.update(enabled=False)
    with pytest.raises(Forbidden, match="disabled"):
        all_renewed(scout_caller)


def test_it_looks_once_for_all_that_a_caller_has_begun_at_the_same_moment(
    scout_caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[object] = []

    def look_up(**whom: Any) -> Caller:
        looked_up.append(whom["key_id"])
        return absent_caller(**whom)

    monkeypatch.setattr("accounts.renewing.absent_caller", look_up)
    assert all_renewed(*[scout_caller] * 50) == [scout_caller] * 50
    assert looked_up == [scout_caller.key_id]
