"""People: invited, given a role, shut out. Only an owner makes or unmakes owners, and one owner always remains."""

from typing import Any

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.caller import Caller
from accounts.errors import Conflict
from accounts.models import Person, Tenant
from accounts.roles import Right, Role


def create_person(
    *,
    tenant: Tenant,
    email: str,
    role: Role,
    password: str | None,
    actor: str,
    name: str = "",
    is_platform_owner: bool = False,
) -> Person:
    """A new person; `password` None lets nobody in until one is set.

    Raises Conflict when the address is taken, ValidationError on a bad field.
    """
    person = Person(tenant=tenant, email=email.lower(), name=name, role=role, is_platform_owner=is_platform_owner)
    person.set_password(password)
    person.clean_fields()
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is a person with the address {email} already.") from error
    record(
        tenant_id=tenant.id,
        actor=actor,
        action="person.created",
        subject=f"person:{person.id}",
        detail={"role": role},
    )
    return person


def change_person(*, person: Person, by: Caller, changes: dict[str, Any]) -> Person:
    """Set name, role or is_active. Raises Forbidden for what only owners may do, Conflict for the last owner."""
    locked = Person.objects.select_for_update(of=("self",)).get(id=person.id)
    if Role.OWNER in (locked.role, changes.get("role")):
        by.require(Right.OWNERS)
    for field, value in changes.items():
        setattr(locked, field, value)
    locked.clean_fields()
    locked.save(update_fields=list(changes))
    _refuse_to_lose_the_last_owner(locked)
    record(
        tenant_id=locked.tenant_id,
        actor=by.actor,
        action="person.changed",
        subject=f"person:{locked.id}",
        detail={"fields": sorted(changes), "role": locked.role},
    )
    return locked


def _refuse_to_lose_the_last_owner(changed: Person) -> None:
    # Locks the tenant's row, so that two owners cannot step down at once.
    Tenant.objects.select_for_update().get(id=changed.tenant_id)
    owners = Person.objects.filter(tenant_id=changed.tenant_id, role=Role.OWNER)
    if owners.exists() and not owners.filter(is_active=True).exists():
        raise Conflict("The tenant would be left without an active owner. Make somebody else an owner first.")
    if not owners.exists() and changed.role != Role.OWNER:
        raise Conflict("The tenant would be left without an owner. Make somebody else an owner first.")
