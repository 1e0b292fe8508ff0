"""Sealing what is too long to be held at once: in chunks, each of which opens by itself.

content = format (1 byte) | version of the data key (4) | chunks, each nonce (12), ciphertext and tag (16)

A chunk is bound to its tenant, purpose, field and place in the row: none can be moved, left out in the middle, or taken
from elsewhere. That none is missing at the end is for whoever knows the length. Make a sealer or an opener inside
`accounts.tenancy.within(tenant_id)`; it works outside, in any thread, while the content is written or read.
"""

import dataclasses
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from integrations.errors import SealBroken
from integrations.vault.data_keys import current_key, key_of_version
from integrations.vault.sealing import bound_to, refuse_other_scope

HEAD_BYTES = 5
CHUNK_OVERHEAD = 28

_FORMAT = 2
_NONCE_BYTES = 12


@dataclass(frozen=True)
class _Chunks:
    head: bytes
    tenant_id: UUID
    purpose: str
    field: str
    _key: AESGCM = dataclasses.field(repr=False)

    def _place(self, number: int) -> bytes:
        return bound_to(self.head, self.tenant_id, self.purpose, f"{self.field}:{number}")


@dataclass(frozen=True)
class ChunkSealer(_Chunks):
    """`head`, then the sealed chunks by number from 0, are the content."""

    def seal(self, number: int, plaintext: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, plaintext, self._place(number))


@dataclass(frozen=True)
class ChunkOpener(_Chunks):
    def open(self, number: int, sealed: bytes) -> bytes:
        """Raises SealBroken when this is not the chunk that was sealed there."""
        try:
            return self._key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._place(number))
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error


def chunk_sealer(*, tenant_id: UUID, purpose: str, field: str) -> ChunkSealer:
    """Raises VaultLocked."""
    refuse_other_scope(tenant_id)
    version, key = current_key(tenant_id)
    return ChunkSealer(bytes([_FORMAT]) + version.to_bytes(4, "big"), tenant_id, purpose, field, key)


def chunk_opener(*, tenant_id: UUID, purpose: str, field: str, head: bytes) -> ChunkOpener:
    """Raises SealBroken when no key of the tenant's made this, VaultLocked when the key is away."""
    refuse_other_scope(tenant_id)
    if len(head) != HEAD_BYTES or head[0] != _FORMAT:
        raise SealBroken
    key = key_of_version(tenant_id, int.from_bytes(head[1:], "big"))
    if key is None:
        raise SealBroken
    return ChunkOpener(head, tenant_id, purpose, field, key)
