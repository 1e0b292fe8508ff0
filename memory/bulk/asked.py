"""Who asked for a piece of work, and what they may do by the time that it is done."""

from typing import Any
from uuid import UUID

from accounts.absent import absent_caller
from accounts.caller import Actor, Caller, System
from memory.models.bulk import Bulk


def asked_by(by: Actor) -> dict[str, Any]:
    """The columns that say so."""
    ids: dict[str, UUID | None] = {}
    if isinstance(by, Caller):
        ids = {"agent_id": by.agent_id, "key_id": by.key_id, "person_id": by.person_id}
    return {"actor": by.actor, **ids}


def actor_of(work: Bulk) -> Actor:
    """As they are now. Raises Forbidden when they are gone or disabled, KeyRevoked when the key was taken back."""
    if work.agent_id is None and work.person_id is None:
        return System(work.actor.removeprefix("system:"))
    return absent_caller(tenant_id=work.tenant_id, agent_id=work.agent_id, key_id=work.key_id, person_id=work.person_id)
