"""People: invited, given a role, shut out. Nobody gives or touches a role above their own; an owner always remains."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict, Forbidden
from accounts.models import Person, Tenant
from accounts.roles import Role

CHANGEABLE = frozenset({"name", "role", "is_active", "password"})
"""Not the address: it is what the person signs in with."""


def create_person(
    *,
    tenant: Tenant,
    email: str,
    role: Role,
    password: str | None,
    by: Actor,
    name: str = "",
    is_platform_owner: bool = False,
) -> Person:
    """A new person; `password` None lets nobody in until one is set.

    Raises Conflict when the address is taken, ValidationError on a bad field, Forbidden on too high a role.
    """
    person = Person(tenant=tenant, email=email.lower(), name=name, role=role, is_platform_owner=is_platform_owner)
    _set_password(person, password)
    person.clean_fields()
    _refuse_beyond_reach(by, person)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("There is a person with this address already. Give another address.") from error
    record(
        tenant_id=tenant.id,
        actor=by.actor,
        action="person.created",
        subject=f"person:{person.id}",
        detail={"role": person.role},
    )
    return person


def change_person(*, person: Person, by: Actor, changes: dict[str, Any]) -> Person:
    """Set the fields that differ. A new password ends the person's sessions.

    Raises Invalid on a field that cannot change, ValidationError on a bad value, Forbidden on too high a role,
    Conflict for the last owner.
    """
    refuse_others(changes, CHANGEABLE)
    locked = Person.objects.select_for_update(of=("self",)).get(id=person.id)
    _refuse_beyond_reach(by, locked)
    changed = [field for field, value in changes.items() if field == "password" or getattr(locked, field) != value]
    if not changed:
        return locked
    owned = _is_active_owner(locked)
    _apply(locked, {field: changes[field] for field in changed})
    _refuse_beyond_reach(by, locked)
    if owned and not _is_active_owner(locked):
        _require_another_owner(locked)
    locked.save(update_fields=changed)
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="person.changed",
        subject=f"person:{locked.id}",
        detail={"fields": sorted(changed), "role": locked.role},
    )
    return locked


def _apply(person: Person, changes: dict[str, Any]) -> None:
    for field, value in changes.items():
        if field == "password":
            _set_password(person, value)
        else:
            setattr(person, field, value)
    person.clean_fields()


def _set_password(person: Person, password: str | None) -> None:
    if password is not None:
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise ValidationError({"password": error.messages}) from error
    person.set_password(password)


def _refuse_beyond_reach(by: Actor, person: Person) -> None:
    by.require_reach(Role(person.role))
    if person.is_platform_owner and not by.is_platform_owner:
        raise Forbidden("This person runs the installation. Only the platform's owner may change that.")


def _is_active_owner(person: Person) -> bool:
    return person.is_active and person.role == Role.OWNER


def _require_another_owner(person: Person) -> None:
    # The tenant's row makes two owners who step down at once go one after the other. NO KEY: it must not hold up
    # rows elsewhere that refer to the tenant.
    Tenant.objects.select_for_update(no_key=True).get(id=person.tenant_id)
    others = Person.objects.filter(tenant_id=person.tenant_id, role=Role.OWNER, is_active=True).exclude(id=person.id)
    if not others.exists():
        raise Conflict("The tenant would be left without an active owner. Make somebody else an owner first.")
