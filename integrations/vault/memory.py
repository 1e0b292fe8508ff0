"""Opened keys in the memory of this process: a bounded number, and each for a bounded time.

The time counts from before the database was asked. So a process seals with a version no longer than KEPT_SECONDS after
a newer one was committed, and opens with a destroyed one no longer than that, wherever it was held up meanwhile.
"""

from collections import OrderedDict
from threading import Lock
from time import monotonic
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEPT = 2048
KEPT_SECONDS = 60.0
"""After so long a process looks again: which version is the newest, and whether the key still exists."""

CURRENT = 0
"""Stands for a tenant's newest version."""


class KeysInMemory:
    """By tenant and version. The least used ones go first."""

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

    def put(self, tenant_id: UUID, version: int, found: int, key: AESGCM, *, asked_at: float) -> None:
        """`found` is the version that `version` stands for; `asked_at` the monotonic time before it was read."""
        with self._lock:
            self._keys[tenant_id, version] = (asked_at + KEPT_SECONDS, found, key)
            self._keys.move_to_end((tenant_id, version))
            while len(self._keys) > KEPT:
                self._keys.popitem(last=False)

    def forget(self, tenant_id: UUID) -> None:
        with self._lock:
            for known in [known for known in self._keys if known[0] == tenant_id]:
                del self._keys[known]

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()

    def __len__(self) -> int:
        return len(self._keys)


in_memory = KeysInMemory()
