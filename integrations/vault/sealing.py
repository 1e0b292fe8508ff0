"""Sealing a secret so that only this tenant, in this place, opens it again: AES-256-GCM under the tenant's data key.

blob = format (1 byte) | version of the data key (4) | nonce (12) | ciphertext and tag

The place (purpose and field, a row's id among them) is authenticated with it: a blob that was moved to another tenant,
row or field does not open. Call both functions inside `accounts.tenancy.within(tenant_id)`.
"""

import dataclasses
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from accounts.tenancy import NoScope, current_scope
from integrations.errors import SealBroken
from integrations.vault.data_keys import current_key, key_at_hand, key_of_version

_FORMAT = 1
_VERSION_AT, _NONCE_AT, _CIPHERTEXT_AT = 1, 5, 17
_TAG_BYTES = 16


@dataclass(frozen=True)
class Sealer:
    """A tenant's newest data key, ready to seal and open without a query; for what is sealed for minutes, not years.

    It does not open what an older key has sealed: a cache has lost nothing by that.
    """

    tenant_id: UUID
    version: int
    _key: AESGCM = dataclasses.field(repr=False)

    def seal(self, *, purpose: str, field: str, plaintext: bytes) -> bytes:
        head = bytes([_FORMAT]) + self.version.to_bytes(4, "big")
        nonce = secrets.token_bytes(_CIPHERTEXT_AT - _NONCE_AT)
        return head + nonce + self._key.encrypt(nonce, plaintext, bound_to(head, self.tenant_id, purpose, field))

    def open(self, *, purpose: str, field: str, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        head = bytes([_FORMAT]) + self.version.to_bytes(4, "big")
        if not sealed.startswith(head):
            raise SealBroken
        bound = bound_to(head, self.tenant_id, purpose, field)
        try:
            return self._key.decrypt(sealed[_NONCE_AT:_CIPHERTEXT_AT], sealed[_CIPHERTEXT_AT:], bound)
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error


def sealer_for(tenant_id: UUID) -> Sealer:
    """Raises VaultLocked, VaultErased."""
    refuse_other_scope(tenant_id)
    return Sealer(tenant_id, *current_key(tenant_id))


def sealer_at_hand(tenant_id: UUID) -> Sealer | None:
    """The same from memory alone, where asynchronous code holds the tenant's caller; None: ask `sealer_for`."""
    kept = key_at_hand(tenant_id)
    return Sealer(tenant_id, *kept) if kept else None


def seal(*, tenant_id: UUID, purpose: str, field: str, plaintext: bytes) -> bytes:
    """`purpose` is what kind of row holds it (execution), `field` where in it (<row id>:input).

    Register the place, so that a rekeying finds it: `integrations/vault/places.py`. Raises VaultLocked, VaultErased.
    """
    return sealer_for(tenant_id).seal(purpose=purpose, field=field, plaintext=plaintext)


def open_sealed(*, tenant_id: UUID, purpose: str, field: str, sealed: bytes | memoryview) -> bytes:
    """Raises SealBroken when this was not sealed for this place, VaultLocked when the key is away."""
    return Opener(tenant_id).open(purpose=purpose, field=field, sealed=sealed)


class Opener:
    """Opens many values of a tenant: a data key is looked for once, and kept no longer than this.

    Make it and use it inside `accounts.tenancy.within(tenant_id)`, for one batch.
    """

    def __init__(self, tenant_id: UUID) -> None:
        refuse_other_scope(tenant_id)
        self.tenant_id = tenant_id
        self._keys: dict[int, AESGCM | None] = {}

    def open(self, *, purpose: str, field: str, sealed: bytes | memoryview) -> bytes:
        """Raises SealBroken when this was not sealed for this place, VaultLocked when the key is away."""
        blob = bytes(sealed)
        if len(blob) < _CIPHERTEXT_AT + _TAG_BYTES or blob[0] != _FORMAT:
            raise SealBroken
        key = self._key(int.from_bytes(blob[_VERSION_AT:_NONCE_AT], "big"))
        if key is None:
            raise SealBroken
        bound = bound_to(blob[:_NONCE_AT], self.tenant_id, purpose, field)
        try:
            return key.decrypt(blob[_NONCE_AT:_CIPHERTEXT_AT], blob[_CIPHERTEXT_AT:], bound)
        except InvalidTag as error:
            raise SealBroken from error

    def _key(self, version: int) -> AESGCM | None:
        if version not in self._keys:
            self._keys[version] = key_of_version(self.tenant_id, version)
        return self._keys[version]


def bound_to(head: bytes, tenant_id: UUID, purpose: str, field: str) -> bytes:
    """What is authenticated beside the plaintext."""
    # With lengths, so that no two places are written alike.
    parts = [tenant_id.bytes, purpose.encode(), field.encode()]
    return head + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def refuse_other_scope(tenant_id: UUID) -> None:
    """Raise NoScope inside the scope of another tenant."""
    # A key in memory needs no query, so the walls around queries would not notice.
    if current_scope().tenant_id not in (None, tenant_id):
        raise NoScope("Seal and open inside `within(tenant_id)` of the same tenant.")
