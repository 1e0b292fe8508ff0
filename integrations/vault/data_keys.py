"""A tenant's data keys: made on first use, opened for a while in memory, never anywhere else in the clear.

The newest version seals; older ones only open, until a rekeying has made them superfluous and destroys them. Of a
destroyed key the row stays, without the key: its version is never used again.
"""

import secrets
from functools import partial
from time import monotonic
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils import timezone

from integrations.errors import VaultErased, VaultLocked
from integrations.models import DataKey
from integrations.vault.accepted import accepted
from integrations.vault.memory import CURRENT, in_memory
from integrations.vault.wrapping import Belongs, KeyringUnusable, WrongKey

KEY_BYTES = 32
FIRST_VERSION = 1


def current_key(tenant_id: UUID) -> tuple[int, AESGCM]:
    """The newest version and its key, made when the tenant has none yet. Raises VaultLocked, VaultErased."""
    kept = in_memory.get(tenant_id, CURRENT)
    if kept is not None:
        return kept
    asked_at = monotonic()
    row = newest_row(tenant_id)
    return row.version, _opened(row, as_version=CURRENT, asked_at=asked_at)


def key_at_hand(tenant_id: UUID) -> tuple[int, AESGCM] | None:
    """The newest version and its key, if they are in memory."""
    return in_memory.get(tenant_id, CURRENT)


def key_of_version(tenant_id: UUID, version: int) -> AESGCM | None:
    """None when the tenant has no such key, or no more. Raises VaultLocked."""
    kept = in_memory.get(tenant_id, version)
    if kept is not None:
        return kept[1]
    asked_at = monotonic()
    row = DataKey.objects.alive().filter(tenant_id=tenant_id, version=version).first()
    return None if row is None else _opened(row, as_version=version, asked_at=asked_at)


def newest_row(tenant_id: UUID) -> DataKey:
    """Made when the tenant has none yet. Raises VaultLocked, VaultErased."""
    row = DataKey.objects.filter(tenant_id=tenant_id).order_by("-version").first()
    if row is None:
        return _first_row(tenant_id)
    if row.destroyed_at is not None:
        raise VaultErased
    return row


def add_version(tenant_id: UUID, version: int) -> None:
    """From its commit on, and at most KEPT_SECONDS later everywhere, it seals. Raises VaultLocked."""
    _new(tenant_id, version).save(force_insert=True)


def destroy_versions(tenant_id: UUID, *, below: int | None = None) -> list[int]:
    """Those below a version, or all of them; which they were. In other processes they last KEPT_SECONDS at most."""
    keys = DataKey.objects.alive().filter(tenant_id=tenant_id)
    # Whoever is adding a version holds these rows: it is waited for, and its version seen by the next statement.
    list(keys.select_for_update().order_by("version").values_list("id"))
    if below is not None:
        keys = keys.filter(version__lt=below)
    versions = sorted(keys.values_list("version", flat=True))
    keys.update(wrapped=b"", destroyed_at=timezone.now())
    in_memory.forget(tenant_id)
    transaction.on_commit(partial(in_memory.forget, tenant_id))
    return versions


def unwrapped(row: DataKey) -> bytes:
    """The key itself; nothing is kept. Raises VaultLocked."""
    try:
        return accepted().unwrap(bytes(row.wrapped), belongs=belongs_of(row))
    except (KeyringUnusable, WrongKey) as error:
        raise VaultLocked from error


def opens(row: DataKey) -> bool:
    """Whether an accepted key unwraps this data key; nothing is kept. Raises KeyringUnusable."""
    try:
        accepted().unwrap(bytes(row.wrapped), belongs=belongs_of(row))
    except WrongKey:
        return False
    return True


def belongs_of(row: DataKey) -> Belongs:
    return Belongs(row.tenant_id, row.version)


def _opened(row: DataKey, *, as_version: int, asked_at: float) -> AESGCM:
    key = AESGCM(unwrapped(row))
    # Only once it is committed: a key of a rolled back transaction would seal what nothing can open.
    transaction.on_commit(partial(in_memory.put, row.tenant_id, as_version, row.version, key, asked_at=asked_at))
    return key


def _first_row(tenant_id: UUID) -> DataKey:
    # Of two processes the second waits here for the first's commit, and then reads the first's key.
    DataKey.objects.bulk_create([_new(tenant_id, FIRST_VERSION)], ignore_conflicts=True)
    return DataKey.objects.get(tenant_id=tenant_id, version=FIRST_VERSION)


def _new(tenant_id: UUID, version: int) -> DataKey:
    made = DataKey(tenant_id=tenant_id, version=version)
    try:
        made.wrapped = accepted().wrap(secrets.token_bytes(KEY_BYTES), belongs=belongs_of(made))
    except KeyringUnusable as error:
        raise VaultLocked from error
    return made
