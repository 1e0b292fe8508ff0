"""The key-encrypting key in a file of its own: 32 bytes in base64 on one line, mode 0600.

wrapped = format 1 (1 byte) | key id (8) | nonce (12) | ciphertext and tag, by AES-256-GCM; authenticated with it:
the first 9 bytes, and whose data key of which version it is.
"""

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

from integrations.vault.wrapping import FILE_FORMAT, FILE_ID_BYTES, Belongs, KeyringUnusable, WrongKey

KEY_BYTES = 32
_NONCE_BYTES = 12
_LONGEST_FILE = 200


class KeyFileError(KeyringUnusable):
    """The key file cannot be used."""


class FileKeyring:
    provider = "local file"

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        identity = hashlib.sha256(b"quartermaster key id\0" + key).digest()[:FILE_ID_BYTES]
        self.key_id = identity.hex()
        self.mark = FILE_FORMAT + identity

    def __repr__(self) -> str:
        return f"FileKeyring({self.key_id})"

    def wrap(self, data_key: bytes, *, belongs: Belongs) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self.mark + nonce + self._aead.encrypt(nonce, data_key, self.mark + bytes(belongs))

    def unwrap(self, wrapped: bytes, *, belongs: Belongs) -> bytes:
        """Raises WrongKey."""
        if not wrapped.startswith(self.mark):
            raise WrongKey
        rest = wrapped[len(self.mark) :]
        try:
            return self._aead.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], self.mark + bytes(belongs))
        except (InvalidTag, ValueError) as error:
            raise WrongKey from error


@lru_cache(maxsize=4)
def file_keyring(file: Path) -> FileKeyring:
    """Read once per process. Raises KeyFileError."""
    return FileKeyring(read_key_file(file))


def new_key_file(file: Path) -> FileKeyring:
    """Make a key where there is no file yet, for its owner alone. Raises KeyFileError."""
    key = secrets.token_bytes(KEY_BYTES)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(base64.b64encode(key) + b"\n")
            made.flush()
            os.fsync(made.fileno())
    except FileExistsError as error:
        raise KeyFileError(f"{file} is there already. A key is never overwritten: choose another name.") from error
    except OSError as error:
        raise KeyFileError(f"{file} cannot be made: {error.strerror}.") from error
    return FileKeyring(key)


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
