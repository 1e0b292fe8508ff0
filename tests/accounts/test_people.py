"""The rules about people that the API's tests do not show: the platform's owner, races, and what verbs refuse."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.authenticate import caller_of
from accounts.errors import Conflict, Fault, Forbidden, Invalid
from accounts.models import Person, Tenant
from accounts.people import change_person, create_person
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import CASTING, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol(acme: Tenant) -> Person:
    """acme's second owner."""
    return make_person(acme, "carol", Role.OWNER)


def test_it_lets_only_the_platforms_owner_touch_the_platforms_owner(acme: Tenant, alice: Person) -> None:
    olga = make_person(acme, "olga", Role.VIEWER, is_platform_owner=True)
    with within(acme.id):
        with pytest.raises(Forbidden, match="runs the installation"):
            change_person(person=olga, by=caller_of(alice), changes={"is_active": False})
        olga.refresh_from_db()
        assert olga.is_active
        assert change_person(person=olga, by=caller_of(olga), changes={"name": "Olga O."}).name == "Olga O."


def test_it_makes_no_platform_owner_for_anybody_else(acme: Tenant, alice: Person) -> None:
    with within(acme.id):
        with pytest.raises(Forbidden, match="runs the installation"):
            create_person(
                tenant=acme,
                email="x@acme.example",
                role=Role.VIEWER,
                password=None,
                by=caller_of(alice),
                is_platform_owner=True,
            )
        assert not Person.objects.filter(email="x@acme.example").exists()


@pytest.mark.parametrize("field", ["email", "is_platform_owner", "tenant_id", "colour"])
def test_it_refuses_what_cannot_be_changed_by_name(acme: Tenant, bob: Person, field: str) -> None:
    with within(acme.id), pytest.raises(Invalid) as refusal:
        change_person(person=bob, by=CASTING, changes={field: "x", "name": "Bobby"})
    assert refusal.value.faults == (
        Fault(f"$.{field}", "This cannot be changed. What can: is_active, name, password, role."),
    )
    with within(acme.id):
        bob.refresh_from_db()
    assert bob.name == "Bob"


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_of_two_owners_who_step_down_at_once(acme: Tenant, alice: Person, carol: Person) -> None:
    start = Barrier(2)

    def step_down(person: Person) -> str:
        start.wait()
        try:
            with within(acme.id):
                return change_person(person=person, by=CASTING, changes={"role": Role.VIEWER}).role
        except Conflict as error:
            return error.code
        finally:
            connection.close()

    assert sorted(at_once(step_down, [alice, carol])) == ["conflict", "viewer"]
    with within(acme.id):
        assert Person.objects.filter(role=Role.OWNER, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_of_two_people_with_one_address(acme: Tenant, globex: Tenant) -> None:
    start = Barrier(2)

    def invite(tenant: Tenant) -> str:
        start.wait()
        try:
            with within(tenant.id):
                create_person(tenant=tenant, email="x@y.example", role=Role.VIEWER, password=None, by=CASTING)
                return "created"
        except Conflict as error:
            return error.code
        finally:
            connection.close()

    assert sorted(at_once(invite, [acme, globex])) == ["conflict", "created"]


def at_once(work: Callable[[Any], str], inputs: list[Any]) -> list[str]:
    with ThreadPoolExecutor(len(inputs)) as pool:
        return list(pool.map(work, inputs))
