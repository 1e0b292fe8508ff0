"""A tenant's data keys: made on first use, kept unwrapped in memory for a while, never anywhere else in the clear."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from threading import Lock
from time import monotonic
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from integrations.errors import VaultLocked
from integrations.models import DataKey
from integrations.vault.accepted import accepted
from integrations.vault.wrapping import Belongs, KeyringUnusable, WrongKey

KEY_BYTES = 32
FIRST_VERSION = 1
KEPT = 2048
KEPT_SECONDS = 60.0
"""After so long a process looks again: which version is the newest, and whether the key still exists."""

_CURRENT = 0


class KeysInMemory:
    """Unwrapped keys by tenant and version; version 0 stands for the newest. The least used ones go first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[UUID, int], tuple[float, int, AESGCM]] = OrderedDict()
        self._lock = Lock()

    def get(self, tenant_id: UUID, version: int) -> tuple[int, AESGCM] | None:
        with self._lock:
            until, found, key = self._keys.get((tenant_id, version), (0.0, 0, None))
            if key is None or until < monotonic():
                return None
            self._keys.move_to_end((tenant_id, version))
            return found, key

    def put(self, tenant_id: UUID, version: int, found: int, key: AESGCM) -> None:
        with self._lock:
            self._keys[tenant_id, version] = (monotonic() + KEPT_SECONDS, found, key)
            self._keys.move_to_end((tenant_id, version))
            while len(self._keys) > KEPT:
                self._keys.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()

    def __len__(self) -> int:
        return len(self._keys)


in_memory = KeysInMemory()


def current_key(tenant_id: UUID) -> tuple[int, AESGCM]:
    """The newest version and its key, made when the tenant has none yet. Raises VaultLocked."""
    kept = in_memory.get(tenant_id, _CURRENT)
    if kept is not None:
        return kept
    row = DataKey.objects.filter(tenant_id=tenant_id).order_by("-version").first() or _first_row(tenant_id)
    return row.version, _unwrapped(row, as_version=_CURRENT)


def key_at_hand(tenant_id: UUID) -> tuple[int, AESGCM] | None:
    """The newest version and its key, if they are in memory."""
    return in_memory.get(tenant_id, _CURRENT)


def key_of_version(tenant_id: UUID, version: int) -> AESGCM | None:
    """None when the tenant has no such key, or no more. Raises VaultLocked."""
    kept = in_memory.get(tenant_id, version)
    if kept is not None:
        return kept[1]
    row = DataKey.objects.filter(tenant_id=tenant_id, version=version).first()
    return None if row is None else _unwrapped(row, as_version=version)


def derived_key(tenant_id: UUID, purpose: str) -> bytes:
    """32 bytes for one purpose, the same as long as the tenant's first data key is there. Raises VaultLocked.

    It is unwrapped each time: whoever needs it often keeps it.
    """
    row = DataKey.objects.filter(tenant_id=tenant_id).order_by("version").first() or _first_row(tenant_id)
    try:
        key = accepted().unwrap(bytes(row.wrapped), belongs=belongs_of(row))
    except (KeyringUnusable, WrongKey) as error:
        raise VaultLocked from error
    return hmac.digest(key, b"quartermaster derived key\0" + purpose.encode(), hashlib.sha256)


def opens(row: DataKey) -> bool:
    """Whether the vault's key opens this data key; nothing is kept. Raises KeyringUnusable."""
    try:
        accepted().unwrap(bytes(row.wrapped), belongs=belongs_of(row))
    except WrongKey:
        return False
    return True


def _unwrapped(row: DataKey, *, as_version: int) -> AESGCM:
    try:
        key = AESGCM(accepted().unwrap(bytes(row.wrapped), belongs=belongs_of(row)))
    except (KeyringUnusable, WrongKey) as error:
        raise VaultLocked from error
    # Only once it is committed: a key of a rolled back transaction would seal what nothing can open.
    transaction.on_commit(lambda: in_memory.put(row.tenant_id, as_version, row.version, key))
    return key


def _first_row(tenant_id: UUID) -> DataKey:
    made = DataKey(tenant_id=tenant_id, version=FIRST_VERSION)
    try:
        made.wrapped = accepted().wrap(secrets.token_bytes(KEY_BYTES), belongs=belongs_of(made))
    except KeyringUnusable as error:
        raise VaultLocked from error
    # Of two processes the second waits here for the first's commit, and then reads the first's key.
    DataKey.objects.bulk_create([made], ignore_conflicts=True)
    return DataKey.objects.get(tenant_id=tenant_id, version=FIRST_VERSION)


def belongs_of(row: DataKey) -> Belongs:
    return Belongs(row.tenant_id, row.version)
