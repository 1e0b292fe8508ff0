"""Changing what a connection is called, and whether it is the one that tools take when they name none."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.entered import refuse_name
from integrations.connections.holding import find, locked
from integrations.models import Connection

CHANGEABLE = frozenset({"name", "is_default"})
"""Not the slug, by which others know it; nor variables, to which its credential belongs: connect that account anew."""


def change_connection(*, tenant_id: UUID, by: Actor, connection_id: UUID, changes: Mapping[str, Any]) -> Connection:
    """Set the fields that differ. To make one the default takes that from another.

    Raises Forbidden, ConnectionMissing, Invalid, ValidationError on a bad name.
    """
    by.require(Right.CREDENTIALS)
    refuse_others(changes, CHANGEABLE)
    refuse_name(str(changes.get("name", "")))
    with within(tenant_id):
        if "is_default" in changes:
            _hold_all(find(connection_id).connector)
        connection = locked(connection_id)
        changed = [field for field, value in changes.items() if getattr(connection, field) != value]
        if not changed:
            return connection
        for field in changed:
            setattr(connection, field, changes[field])
        connection.clean_fields()
        if "is_default" in changed:
            _take_default(connection)
        connection.save(update_fields=[*changed, "updated_at"])
        record(
            tenant_id=tenant_id,
            actor=by.actor,
            action="connection.changed",
            subject=f"connection:{connection.id}",
            detail={"fields": sorted(changed)},
        )
        bump_generation(tenant_id)
    return connection


def _hold_all(connector: str) -> None:
    """Of two that each want to be the default the second waits: in the order of their ids, so that none is stuck."""
    rows = Connection.objects.living().filter(connector=connector).select_for_update().order_by("id")
    list(rows.values_list("id"))


def _take_default(connection: Connection) -> None:
    if connection.end_user and connection.is_default:
        raise Invalid(
            "An end user's connection serves their own calls only.",
            faults=[Fault("$.is_default", "Only a connection of the tenant's can be the default.")],
        )
    others = Connection.objects.living().filter(connector=connection.connector, is_default=True)
    others.exclude(id=connection.id).update(is_default=False)
