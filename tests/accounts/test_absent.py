from dataclasses import replace
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.errors import Forbidden, KeyRevoked
from accounts.models import Agent, ApiKey, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within

pytestmark = pytest.mark.django_db


def found(caller: Caller) -> Caller:
    with within(caller.tenant_id):
        return absent_caller(tenant_id=caller.tenant_id, agent_id=caller.agent_id, key_id=caller.key_id)


def test_it_is_who_showed_the_key_then(acme: Tenant, scout_caller: Caller) -> None:
    assert found(scout_caller) == replace(scout_caller, address="")


def test_it_costs_one_query(scout_caller: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with within(scout_caller.tenant_id), django_assert_num_queries(1):
        absent_caller(tenant_id=scout_caller.tenant_id, agent_id=scout_caller.agent_id, key_id=scout_caller.key_id)


def test_it_has_the_limits_of_today(acme: Tenant, scout: Agent, scout_caller: Caller) -> None:
    with within(acme.id):
        Agent.objects.update(rate_limit={"per_minute": 5})
        Tenant.objects.filter(id=acme.id).update(quota={"per_day": 7})
    caller = found(scout_caller)
    assert (caller.agent_id, caller.key_id, caller.role) == (scout.id, scout_caller.key_id, Role.OPERATOR)
    assert caller.agent_limits is not None
    assert caller.tenant_limits is not None
    assert (caller.agent_limits.rate, caller.tenant_limits.quota) == ({"per_minute": 5}, {"per_day": 7})


def test_it_has_the_role_of_today(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        Agent.objects.update(role=Role.VIEWER)
    assert found(scout_caller).role == Role.VIEWER


def test_an_expired_key_still_stands_for_what_was_asked_before(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        ApiKey.objects.update(expires_at=timezone.now())
    assert found(scout_caller).key_id == scout_caller.key_id


def test_a_revoked_one_does_not(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        ApiKey.objects.update(revoked_at=timezone.now())
    with pytest.raises(KeyRevoked):
        found(scout_caller)


def test_a_disabled_agent_is_refused(acme: Tenant, scout_caller: Caller) -> None:
    with within(acme.id):
        Agent.objects.update(enabled=False)
    with pytest.raises(Forbidden):
        found(scout_caller)


def test_an_agent_of_another_tenant_is_refused(globex: Tenant, scout: Agent) -> None:
    with within(globex.id), pytest.raises(Forbidden):
        absent_caller(tenant_id=globex.id, agent_id=scout.id)


def test_it_may_be_a_person(acme: Tenant, bob: Person) -> None:
    with within(acme.id):
        caller = absent_caller(tenant_id=acme.id, agent_id=None, person_id=bob.id)
    assert (caller.person_id, caller.role, caller.tenant_id) == (bob.id, Role.OPERATOR, acme.id)


def test_it_may_be_the_platforms_owner_in_any_tenant(acme: Tenant, platform_owner: Person) -> None:
    with within(acme.id):
        caller = absent_caller(tenant_id=acme.id, agent_id=None, person_id=platform_owner.id)
    assert (caller.tenant_id, caller.is_platform_owner) == (acme.id, True)


def test_nobody_else(acme: Tenant, bob: Person, mallory: Person) -> None:
    with platform():
        Person.objects.filter(id=bob.id).update(is_active=False)
    for person_id in (None, uuid4(), bob.id, mallory.id):
        with within(acme.id), pytest.raises(Forbidden):
            absent_caller(tenant_id=acme.id, agent_id=None, person_id=person_id)
