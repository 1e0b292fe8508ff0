"""The key-encrypting key: read once per process from VAULT_KEY_FILE, it wraps and unwraps data keys, nothing else."""

import base64
import binascii
import hashlib
import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_BYTES = 32
_FORMAT = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_LONGEST_FILE = 200


class KeyFileError(Exception):
    """The key file cannot be used; the message is a sentence for the operator."""


class WrongKey(Exception):
    """This data key was wrapped with another key than the one we have."""


class Keyring:
    """Wraps data keys. `context` is bound to what is wrapped: it must be the same again at unwrapping."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self.key_id = hashlib.sha256(b"quartermaster key id\0" + key).digest()[:_ID_BYTES]
        """Tells keys apart without telling anything about them; it stands in every wrapped key."""

    def __repr__(self) -> str:
        return f"Keyring({self.key_id.hex()})"

    def wrap(self, data_key: bytes, *, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = _FORMAT + self.key_id
        return head + nonce + self._aead.encrypt(nonce, data_key, head + context)

    def unwrap(self, wrapped: bytes, *, context: bytes) -> bytes:
        """Raises WrongKey."""
        head, rest = wrapped[: 1 + _ID_BYTES], wrapped[1 + _ID_BYTES :]
        if head != _FORMAT + self.key_id:
            raise WrongKey
        try:
            return self._aead.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + context)
        except (InvalidTag, ValueError) as error:
            raise WrongKey from error


def keyring() -> Keyring:
    """Raises KeyFileError."""
    return _read(Path(settings.VAULT_KEY_FILE))


@lru_cache(maxsize=4)
def _read(file: Path) -> Keyring:
    return Keyring(read_key_file(file))


def read_key_file(file: Path) -> bytes:
    """Raises KeyFileError."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
            # Of the opened file, not of the name: nobody can swap the two in between.
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read(_LONGEST_FILE) if stat.S_ISREG(mode) else b""
    except FileNotFoundError as error:
        raise KeyFileError(f"The vault's key file {file} does not exist.") from error
    except OSError as error:
        raise KeyFileError(f"The vault's key file {file} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(mode):
        raise KeyFileError(f"The vault's key file {file} is not a file.")
    if mode & 0o077:
        raise KeyFileError(
            f"The vault's key file {file} may be read by others than its owner (mode {stat.S_IMODE(mode):04o})."
        )
    return _decode(file, content)


def _decode(file: Path, content: bytes) -> bytes:
    try:
        key = base64.b64decode(content.removesuffix(b"\n").removesuffix(b"\r"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyFileError(f"The vault's key file {file} does not hold 32 bytes in base64 on one line.")
    return key
