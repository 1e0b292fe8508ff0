"""The two secrets of an installation: Django's SECRET_KEY and the vault's key. Made once, readable by us alone."""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from config.embedded import postgres
from config.supervisor.errors import CannotStart


def make_or_find(data_dir: Path, environment: Mapping[str, str]) -> list[str]:
    """Make the missing keys of an embedded installation and name them; refuse where somebody else must give them."""
    if environment.get("DATABASE_URL"):
        _refuse_missing(data_dir, environment)
        return []
    made = []
    if not environment.get("SECRET_KEY") and _make(data_dir / "secret_key", secrets.token_urlsafe(50)):
        made.append("secret_key")
    if not (_in_kms(environment) or environment.get("VAULT_KEY_FILE")) and _make_vault_key(data_dir):
        made.append("vault.key")
    return made


def _in_kms(environment: Mapping[str, str]) -> bool:
    """The vault's key is in AWS KMS, and no file is needed."""
    return bool(environment.get("VAULT_KMS_KEY_ID"))


def _make_vault_key(data_dir: Path) -> bool:
    file = data_dir / "vault.key"
    if not file.exists() and postgres.data_folder(data_dir).exists():
        raise CannotStart(
            f"{file} is missing, but there is a database beside it whose credentials only that key can open.\n"
            "Put the key back from your backup, set VAULT_KEY_FILE, or begin anew with another --data-dir."
        )
    return _make(file, base64.b64encode(secrets.token_bytes(32)).decode())


def _make(file: Path, secret: str) -> bool:
    """Write it whole or not at all; False when it is there already."""
    if file.exists():
        return False
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write(secret + "\n")
        written.flush()
        os.fsync(written.fileno())
    beside.rename(file)
    return True


def _refuse_missing(data_dir: Path, environment: Mapping[str, str]) -> None:
    missing = []
    if not environment.get("SECRET_KEY") and not (data_dir / "secret_key").is_file():
        missing.append("SECRET_KEY      python3 -c 'import secrets; print(secrets.token_urlsafe(50))'")
    vault_key = Path(environment.get("VAULT_KEY_FILE") or data_dir / "vault.key")
    if not _in_kms(environment) and not vault_key.is_file():
        missing.append("VAULT_KEY_FILE  (umask 077; head -c 32 /dev/urandom | base64 > vault.key), then name the file")
    if missing:
        raise CannotStart(
            "With a DATABASE_URL of your own, the keys must be yours too: one made here would be lost with this "
            "machine, and what it sealed with it.\nSet in the environment:\n  " + "\n  ".join(missing)
        )
