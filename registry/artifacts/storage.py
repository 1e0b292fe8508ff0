"""Where artifacts lie: `STORAGES["artifacts"]`, a Django storage that can also read a part of a file.

Whatever goes wrong with it is an OSError, a file that is not there a FileNotFoundError.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast
from uuid import UUID

from django.core.files import File
from django.core.files.storage import FileSystemStorage, storages

from accounts.errors import Unavailable
from accounts.ids import new_id
from registry.errors import ArtifactNotFound

NOBODY = UUID(int=0)


class ArtifactStorage(Protocol):
    """What the room asks of a storage. Siblings: `LocalArtifacts`, and `S3Artifacts` in `s3.py`."""

    def save(self, name: str, content: "File[bytes]") -> str: ...
    def delete(self, name: str) -> None: ...
    def listdir(self, path: str) -> tuple[list[str], list[str]]: ...
    def read_range(self, name: str, start: int, length: int) -> bytes: ...
    def settle(self, name: str) -> None: ...


class LocalArtifacts(FileSystemStorage):
    """A folder that only its owner may look into."""

    def __init__(self, location: str, **options: Any) -> None:
        super().__init__(location, file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)

    def read_range(self, name: str, start: int, length: int) -> bytes:
        with self.open(name) as file:
            file.seek(start)
            return cast(bytes, file.read(length))

    def settle(self, name: str) -> None:
        """Returns when what was saved would be there after a power cut, too."""
        path = Path(self.path(name))
        for each in (path, *list(path.parents)[: name.count("/") + 1]):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def artifact_storage() -> ArtifactStorage:
    return cast(ArtifactStorage, storages["artifacts"])


def put(name: str, content: IO[bytes]) -> None:
    saved = artifact_storage().save(name, File(content, name))
    if saved != name:  # never: names hold a new id
        raise FileExistsError(name)


def try_storage() -> None:
    """Write something and remove it. Raises OSError where that cannot be done.

    It is named like an artifact of nobody, so that the sweep finds what a killed process leaves.
    """
    name = f"{NOBODY}/{new_id()}"
    put(name, io.BytesIO(b"Can this be written?"))
    artifact_storage().delete(name)


def all_names() -> Iterator[str]:
    """Of every tenant, `<tenant>/<artifact>`."""
    storage = artifact_storage()
    try:
        tenants, _ = storage.listdir("")
    except FileNotFoundError:
        return
    for tenant in tenants:
        yield from (f"{tenant}/{name}" for name in storage.listdir(tenant)[1])


@contextmanager
def while_reading() -> Iterator[None]:
    """What goes wrong with the storage, as its reader is told."""
    try:
        yield
    except FileNotFoundError as error:
        raise ArtifactNotFound("The artifact's content is gone from its storage. Run the tool again.") from error
    except OSError as error:
        raise Unavailable("The storage for artifacts is away. Try again in a moment.") from error
