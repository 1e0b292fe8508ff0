"""Tenants: made once, and counted on when something of theirs changes."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.ids import new_id
from accounts.models import AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from accounts.tenants import bump_generation, change_tenant, create_tenant
from tests.cast import CASTING

pytestmark = pytest.mark.django_db


def test_it_makes_a_tenant_and_notes_it(acme: Tenant) -> None:
    with platform():
        entry = AuditEntry.objects.get()
    assert (entry.tenant_id, entry.action, entry.subject) == (acme.id, "tenant.created", f"tenant:{acme.id}")
    assert str(acme) == "Acme"


def test_it_makes_one_tenant_of_a_slug(acme: Tenant) -> None:
    with platform():
        with pytest.raises(Conflict, match="There is a tenant `acme` already"):
            create_tenant(slug="acme", name="Another", actor="system:tests")
        assert Tenant.objects.get().name == "Acme"


def test_it_makes_no_tenant_of_a_bad_slug() -> None:
    with platform():
        with pytest.raises(ValidationError):
            create_tenant(slug="No Slug", name="Another", actor="system:tests")
        assert not Tenant.objects.exists()


def test_it_makes_every_process_forget_one_tenants_or_everybodys_things(acme: Tenant, globex: Tenant) -> None:
    with platform():
        bump_generation(acme.id)
        assert dict(Tenant.objects.values_list("slug", "generation")) == {"acme": 2, "globex": 1}
        bump_generation(None)
        assert dict(Tenant.objects.values_list("slug", "generation")) == {"acme": 3, "globex": 2}


def caller_in(tenant: Tenant, role: Role) -> Caller:
    return Caller(tenant_id=tenant.id, tenant_slug=tenant.slug, generation=tenant.generation, role=role)


def now(tenant: Tenant) -> Tenant:
    with platform():
        return Tenant.objects.get(id=tenant.id)


def test_it_changes_a_tenant_and_notes_it(acme: Tenant) -> None:
    with within(acme.id):
        change_tenant(tenant=acme, by=CASTING, changes={"name": "Acme", "rate_limit": {"per_minute": 600}})
        entry = AuditEntry.objects.get(action="tenant.changed")
    assert (now(acme).rate_limit, now(acme).generation) == ({"per_minute": 600}, 2)
    assert entry.detail == {"fields": ["rate_limit"]}


def test_it_notes_nothing_when_nothing_differs(acme: Tenant) -> None:
    with within(acme.id):
        change_tenant(tenant=acme, by=CASTING, changes={"name": "Acme"})
        assert not AuditEntry.objects.filter(action="tenant.changed").exists()
    assert now(acme).generation == 1


def test_it_lets_an_admin_change_the_name_but_not_the_limit(acme: Tenant) -> None:
    admin = caller_in(acme, Role.ADMIN)
    with within(acme.id):
        change_tenant(tenant=acme, by=admin, changes={"name": "Acme Robotics", "rate_limit": None})
        with pytest.raises(Forbidden, match="set by the platform's owner"):
            change_tenant(tenant=acme, by=admin, changes={"rate_limit": {"per_minute": 9}})
    assert (now(acme).name, now(acme).rate_limit) == ("Acme Robotics", None)


@pytest.mark.parametrize("seconds", [0, 9, 2_592_001, -1])
def test_it_gives_people_neither_too_little_time_nor_too_much(acme: Tenant, seconds: int) -> None:
    with within(acme.id), pytest.raises(ValidationError):
        change_tenant(tenant=acme, by=CASTING, changes={"approval_expires_seconds": seconds})
    assert now(acme).approval_expires_seconds is None


def test_it_lets_an_operator_change_nothing(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(Forbidden):
        change_tenant(tenant=acme, by=caller_in(acme, Role.OPERATOR), changes={"name": "Other"})
    assert now(acme).name == "Acme"


def test_it_changes_no_slug_and_takes_no_bad_limit(acme: Tenant) -> None:
    with within(acme.id):
        with pytest.raises(Invalid):
            change_tenant(tenant=acme, by=CASTING, changes={"slug": "other"})
        with pytest.raises(ValidationError):
            change_tenant(tenant=acme, by=CASTING, changes={"rate_limit": {"burst": 1}})
    assert (now(acme).slug, now(acme).rate_limit) == ("acme", None)


def at(address: str, tenant: Tenant, **who: Any) -> Caller:
    return replace(caller_in(tenant, Role.OWNER), address=address, **who)


HERE = ["203.0.113.0/24"]


@pytest.mark.parametrize("address", ["198.51.100.1", ""])
def test_it_lets_nobody_shut_themselves_out(acme: Tenant, alice: Person, address: str) -> None:
    for by in (at(address, acme, person_id=alice.id), at(address, acme, agent_id=new_id())):
        with within(acme.id), pytest.raises(Invalid) as error:
            change_tenant(tenant=acme, by=by, changes={"allowed_networks": HERE})
        (fault,) = error.value.faults
        assert fault.path == "$.allowed_networks"
        assert fault.message.startswith("Your own address ")
        assert fault.message.endswith("not in these networks: you would be shut out at once. Add it to them.")
    assert (now(acme).allowed_networks, now(acme).generation) == ([], 1)


def test_it_lets_in_these_networks_only_from_then_on(acme: Tenant, alice: Person) -> None:
    by = at("203.0.113.7", acme, person_id=alice.id)
    with within(acme.id):
        change_tenant(tenant=acme, by=by, changes={"allowed_networks": HERE})
        entry = AuditEntry.objects.get(action="tenant.changed")
    assert (now(acme).allowed_networks, entry.detail) == (HERE, {"fields": ["allowed_networks"]})
    with within(acme.id):
        change_tenant(tenant=acme, by=at("198.51.100.1", acme, person_id=alice.id), changes={"allowed_networks": []})
    assert now(acme).allowed_networks == []


def test_it_lets_the_platforms_owner_set_the_networks_of_others(acme: Tenant, platform_owner: Person) -> None:
    by = at("198.51.100.1", acme, person_id=platform_owner.id, is_platform_owner=True)
    with within(acme.id):
        change_tenant(tenant=acme, by=by, changes={"allowed_networks": HERE})
    assert now(acme).allowed_networks == HERE


def test_it_says_which_of_them_is_no_network(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(Invalid) as error:
        change_tenant(tenant=acme, by=CASTING, changes={"allowed_networks": ["10.0.0.0/8", "10.0.0.1/8"]})
    assert [fault.path for fault in error.value.faults] == ["$.allowed_networks[1]"]
    assert now(acme).allowed_networks == []


def test_it_changes_what_becomes_of_calls_without_a_rule(acme: Tenant) -> None:
    changes = {"default_decision": "ask", "destructive_decision": "allow"}
    with within(acme.id):
        change_tenant(tenant=acme, by=caller_in(acme, Role.ADMIN), changes=changes)
    assert (now(acme).default_decision, now(acme).destructive_decision, now(acme).generation) == ("ask", "allow", 2)
    with within(acme.id), pytest.raises(ValidationError):
        change_tenant(tenant=acme, by=CASTING, changes={"default_decision": "forbid"})
    assert now(acme).default_decision == "ask"
