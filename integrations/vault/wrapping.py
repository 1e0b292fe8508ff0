"""What the vault asks of a key-encrypting key, wherever it is kept. Siblings: `keyring.py`, a file; `kms.py`, AWS KMS.

It wraps and unwraps data keys, nothing else. What is wrapped begins with a mark that tells which key has done it, so
that two can be accepted while one takes the other's place.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

FILE_FORMAT, KMS_FORMAT = b"\x01", b"\x02"
"""How a mark begins."""
FILE_ID_BYTES = 8


class KeyringUnusable(Exception):
    """The key-encrypting key cannot be used now; the message is a sentence for the operator, without any secret."""


class WrongKey(Exception):
    """This was wrapped with another key than ours, for something else, or was changed since."""


@dataclass(frozen=True)
class Belongs:
    """What a data key is for: moved to another tenant or version, it does not unwrap."""

    tenant_id: UUID
    version: int

    def __bytes__(self) -> bytes:
        return b"data key\0" + self.tenant_id.bytes + self.version.to_bytes(4, "big")


class Keyring(Protocol):
    """One key-encrypting key. Everything here may take a trip to a service, which is bounded in time."""

    @property
    def provider(self) -> str:
        """Where it is kept, in a word or two."""

    @property
    def key_id(self) -> str:
        """Tells keys apart, and nothing about them. Raises KeyringUnusable."""

    @property
    def mark(self) -> bytes:
        """How everything that it wraps begins. Raises KeyringUnusable."""

    def wrap(self, data_key: bytes, *, belongs: Belongs) -> bytes:
        """Raises KeyringUnusable."""

    def unwrap(self, wrapped: bytes, *, belongs: Belongs) -> bytes:
        """Raises WrongKey, KeyringUnusable."""


def key_id_of(wrapped: bytes) -> str:
    """The id of the key that says to have wrapped this; empty where nothing is wrapped."""
    if wrapped[:1] == KMS_FORMAT:
        ends = 3 + int.from_bytes(wrapped[1:3], "big")
        return wrapped[3:ends].decode(errors="replace")
    return wrapped[1 : 1 + FILE_ID_BYTES].hex()
