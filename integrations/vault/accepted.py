"""The key-encrypting keys of the settings: one that wraps, and one more that still unwraps while keys are changed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from integrations.vault.keyring import file_keyring
from integrations.vault.wrapping import Belongs, Keyring, KeyringUnusable, WrongKey

_KMS = "integrations.vault.kms.KmsKeyring"
"""By its name: boto3 takes its time to load, and only some need it."""
_NOBODYS = Belongs(UUID(int=0), version=0)
_TRIED = bytes(32)


@dataclass(frozen=True)
class Accepted:
    current: Keyring
    previous: Keyring | None = None

    def wrap(self, data_key: bytes, *, belongs: Belongs) -> bytes:
        """Raises KeyringUnusable."""
        return self.current.wrap(data_key, belongs=belongs)

    def unwrap(self, wrapped: bytes, *, belongs: Belongs) -> bytes:
        """With the key that wrapped it. Raises WrongKey when that is neither, KeyringUnusable."""
        for each in self:
            if wrapped.startswith(each.mark):
                return each.unwrap(wrapped, belongs=belongs)
        raise WrongKey

    def __iter__(self) -> Iterator[Keyring]:
        yield self.current
        if self.previous is not None:
            yield self.previous


def accepted() -> Accepted:
    """Raises KeyringUnusable."""
    return Accepted(current_keyring(), previous_keyring())


def current_keyring() -> Keyring:
    """Raises KeyringUnusable."""
    if settings.VAULT_KMS_KEY_ID:
        return _kms(settings.VAULT_KMS_KEY_ID, settings.VAULT_KMS_ENDPOINT, os.getpid())
    return file_keyring(Path(settings.VAULT_KEY_FILE))


def previous_keyring() -> Keyring | None:
    """Raises KeyringUnusable."""
    if settings.VAULT_PREVIOUS_KMS_KEY_ID:
        return _kms(settings.VAULT_PREVIOUS_KMS_KEY_ID, settings.VAULT_KMS_ENDPOINT, os.getpid())
    if settings.VAULT_PREVIOUS_KEY_FILE:
        return file_keyring(Path(settings.VAULT_PREVIOUS_KEY_FILE))
    return None


def try_keyring(keyring: Keyring) -> None:
    """Wrap and unwrap something, as nobody's. Raises KeyringUnusable."""
    wrapped = keyring.wrap(_TRIED, belongs=_NOBODYS)
    try:
        keyring.unwrap(wrapped, belongs=_NOBODYS)
    except WrongKey as error:
        raise KeyringUnusable(f"The vault's key {keyring.key_id} does not open what it has just sealed.") from error


def contradictions() -> list[str]:
    """Settings of which only one can be meant, as sentences."""
    file_given = Path(settings.VAULT_KEY_FILE) != settings.DATA_DIR / "vault.key"
    pairs = [
        ("VAULT_KEY_FILE", file_given, "VAULT_KMS_KEY_ID"),
        ("VAULT_PREVIOUS_KEY_FILE", bool(settings.VAULT_PREVIOUS_KEY_FILE), "VAULT_PREVIOUS_KMS_KEY_ID"),
    ]
    return [
        f"{of_file} and {of_kms} are both set, and only one of them can be the vault's key."
        for of_file, is_set, of_kms in pairs
        if is_set and getattr(settings, of_kms)
    ]


@lru_cache(maxsize=4)
def _kms(name: str, endpoint: str, pid: int) -> Keyring:
    """One client per process, made after any fork."""
    made: Keyring = import_string(_KMS)(name, endpoint=endpoint)
    return made
