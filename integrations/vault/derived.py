"""Keys that must stay the same for ever, whatever is rotated: those that make hashes comparable.

Each is made from the tenant's oldest data key when it is first asked for, and from then on sealed in a row of its own.
Before the oldest data key is destroyed, every purpose that is known gets its row. So the purposes are registered, from
an app's `apps.py: ready()`.
"""

import hashlib
import hmac
from uuid import UUID

from integrations.models import DataKey, DerivedKey
from integrations.vault.data_keys import newest_row, unwrapped
from integrations.vault.sealing import open_sealed, seal

SEALED_AS = "derived key"

_purposes: set[str] = set()


def register_purpose(purpose: str) -> None:
    _purposes.add(purpose)


def derived_key(tenant_id: UUID, purpose: str) -> bytes:
    """32 bytes for one purpose, the same for ever. Raises VaultLocked, VaultErased; LookupError on a purpose that is
    not registered.

    It is opened each time: whoever needs it often keeps it.
    """
    if purpose not in _purposes:
        raise LookupError(f"Register the purpose `{purpose}` in apps.py: ready().")
    row = DerivedKey.objects.filter(tenant_id=tenant_id, purpose=purpose).first() or _keep(tenant_id, purpose)
    return open_sealed(tenant_id=tenant_id, purpose=SEALED_AS, field=purpose, sealed=row.sealed)


def keep_derived_keys(tenant_id: UUID) -> None:
    """Make the rows that are missing, while the oldest data key is there. Raises VaultLocked."""
    kept = set(DerivedKey.objects.filter(tenant_id=tenant_id).values_list("purpose", flat=True))
    for purpose in sorted(_purposes - kept):
        _keep(tenant_id, purpose)


def _keep(tenant_id: UUID, purpose: str) -> DerivedKey:
    newest_row(tenant_id)
    oldest = DataKey.objects.alive().filter(tenant_id=tenant_id).order_by("version")[0]
    derived = hmac.digest(unwrapped(oldest), b"quartermaster derived key\0" + purpose.encode(), hashlib.sha256)
    sealed = seal(tenant_id=tenant_id, purpose=SEALED_AS, field=purpose, plaintext=derived)
    # Of two processes the second waits here for the first's commit: it has derived the same.
    made = DerivedKey(tenant_id=tenant_id, purpose=purpose, sealed=sealed)
    DerivedKey.objects.bulk_create([made], ignore_conflicts=True)
    return DerivedKey.objects.get(tenant_id=tenant_id, purpose=purpose)
