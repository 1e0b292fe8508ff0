"""The lines of an import as they are kept: sealed, in the storage for artifacts, in a folder of their own."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from accounts.ids import new_id, uuid_in
from accounts.tenancy import within
from integrations.vault.chunks import chunk_opener, chunk_sealer
from memory.errors import ImportTooLarge
from memory.models import MemoryImport
from registry.artifacts.sealed import MoreThanAllowed, SealedBytes, write
from registry.artifacts.storage import artifact_storage

PURPOSE = "memory"
FOLDER = "imports"


@dataclass(frozen=True)
class KeptLines:
    """What is in the storage before a row knows of it. Should none ever do so, the sweep removes it after a day."""

    import_id: UUID
    storage_name: str
    size: int
    sha256: str
    total_lines: int
    sealed_head: bytes
    sealed_key: bytes


def keep_lines(*, tenant_id: UUID, pieces: Iterable[bytes], most: int) -> KeptLines:
    """Outside of any transaction. When it returns, a power cut would not lose them.

    Raises ImportTooLarge above `most` bytes, OSError when the storage does not take them, VaultLocked.
    """
    import_id = new_id()
    name = f"{tenant_id}/{FOLDER}/{import_id}"
    with within(tenant_id):
        sealer = chunk_sealer(tenant_id=tenant_id, purpose=PURPOSE, field=_field(import_id))
    try:
        written = write(name, pieces, sealer, most=most)
    except MoreThanAllowed as error:
        raise ImportTooLarge(f"These are more than {most:,} bytes. Send them in several imports.") from error
    artifact_storage().settle(name)
    return KeptLines(import_id, name, written.size, written.sha256, written.line_count, sealer.head, sealer.sealed_key)


def open_lines(row: MemoryImport) -> SealedBytes:
    """In the tenant's scope. Raises SealBroken, VaultLocked."""
    opener = chunk_opener(
        tenant_id=row.tenant_id,
        purpose=PURPOSE,
        field=_field(row.id),
        head=bytes(row.sealed_head),
        sealed_key=bytes(row.sealed_key),
    )
    return SealedBytes(row.storage_name, row.size, opener)


def remove_file(name: str) -> None:
    """Nothing happens where it is gone. Raises OSError."""
    with suppress(FileNotFoundError):
        artifact_storage().delete(name)


def all_files() -> Iterator[tuple[UUID, str]]:
    """Of every tenant: the import's id, and the file's name. Raises OSError."""
    folders, _ = _listed("")
    for tenant in folders:
        _, names = _listed(f"{tenant}/{FOLDER}")
        for name in names:
            if import_id := uuid_in(name):
                yield import_id, f"{tenant}/{FOLDER}/{name}"


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return artifact_storage().listdir(folder)
    except FileNotFoundError:
        return [], []


def _field(import_id: UUID) -> str:
    return f"{import_id}:lines"
