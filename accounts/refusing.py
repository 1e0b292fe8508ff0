"""Refusing whoever comes from a network that their tenant, or their key, does not name; told once a minute each."""

from datetime import datetime
from threading import Lock
from uuid import UUID

from cachetools import LRUCache
from django.utils import timezone

from accounts.audit import entry
from accounts.errors import Forbidden
from accounts.ids import id_in_minute
from accounts.models import AuditEntry
from accounts.tenancy import within

# What this process has told already. The entry's id keeps the others from telling it again.
_lock = Lock()
_told: LRUCache[str, datetime] = LRUCache(maxsize=1_000)


def refuse_from(address: str, *, tenant_id: UUID, actor: str, subject: str, whose: str) -> Forbidden:
    """The error to raise, written down. `subject` is `key:<id>` or `person:<id>`; `whose` list it is, in words.

    Call it outside any transaction that the error will undo.
    """
    _tell(address, tenant_id, actor, subject)
    where = f"the address {address}" if address else "an address that cannot be told"
    return Forbidden(
        f"You come from {where}, and the allowed networks of {whose} do not name it. "
        "An admin of your tenant can add it, from a network that they name."
    )


def _tell(address: str, tenant_id: UUID, actor: str, subject: str) -> None:
    now = timezone.now().replace(second=0, microsecond=0)
    with _lock:
        if _told.get(subject) == now:
            return
        _told[subject] = now
    word, _, _ = subject.partition(":")
    action = "key.refused" if word == "key" else "person.refused"
    told = entry(tenant_id=tenant_id, actor=actor, action=action, subject=subject, detail={"address": address})
    told.id = id_in_minute(f"{subject}:refused", now)
    with within(tenant_id):
        AuditEntry.objects.bulk_create([told], ignore_conflicts=True)
