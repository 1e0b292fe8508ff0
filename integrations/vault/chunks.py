"""Sealing what is too long to be held at once: in chunks, each of which opens by itself.

content = format 3 (1 byte) | 4 zeros | chunks, each nonce (12), ciphertext and tag (16)

The content has a key of its own, which is sealed with the tenant's data key and kept in the row: when the data key is
changed, that is sealed anew, and the content stays as it is. Formerly the data key itself sealed the content, and its
version stood in the head: format 2, which is opened as long as there is some.

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
from integrations.vault.data_keys import KEY_BYTES, key_of_version
from integrations.vault.sealing import bound_to, open_sealed, refuse_other_scope, seal

HEAD_BYTES = 5
CHUNK_OVERHEAD = 28

_FORMAT = 3
_FORMER_FORMAT = 2
_HEAD = bytes([_FORMAT]).ljust(HEAD_BYTES, b"\0")
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
    """`head`, then the sealed chunks by number from 0, are the content; `sealed_key` belongs into the row."""

    sealed_key: bytes

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
    """Raises VaultLocked, VaultErased."""
    key = secrets.token_bytes(KEY_BYTES)
    sealed_key = seal(tenant_id=tenant_id, purpose=purpose, field=_of_key(field), plaintext=key)
    return ChunkSealer(_HEAD, tenant_id, purpose, field, AESGCM(key), sealed_key)


def chunk_opener(*, tenant_id: UUID, purpose: str, field: str, head: bytes, sealed_key: bytes) -> ChunkOpener:
    """Raises SealBroken when no key of the tenant's made this, VaultLocked when the key is away."""
    if head == _HEAD:
        key = open_sealed(tenant_id=tenant_id, purpose=purpose, field=_of_key(field), sealed=sealed_key)
        return ChunkOpener(head, tenant_id, purpose, field, AESGCM(key))
    return ChunkOpener(head, tenant_id, purpose, field, _data_key(tenant_id, head))


def _data_key(tenant_id: UUID, head: bytes) -> AESGCM:
    refuse_other_scope(tenant_id)
    if len(head) != HEAD_BYTES or head[0] != _FORMER_FORMAT:
        raise SealBroken
    key = key_of_version(tenant_id, int.from_bytes(head[1:], "big"))
    if key is None:
        raise SealBroken
    return key


def _of_key(field: str) -> str:
    return f"{field}:key"
