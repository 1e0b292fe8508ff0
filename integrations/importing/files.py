"""The files of one import as they are kept: a zip archive that only we write, the main file first."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

_MAIN = re.compile(rb"^[\s{]*[\"']?(?:openapi|swagger)[\"']?\s*:", re.MULTILINE)
_READ_AHEAD = 20_000


@dataclass(frozen=True)
class Files:
    main: str
    contents: Mapping[str, bytes]
    """By name; without the main file where that is still to be fetched."""

    def pack(self) -> bytes:
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = self.main.encode()
            for name, content in self.contents.items():
                archive.writestr(name, content)
        return packed.getvalue()


def unpack(packed: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        return Files(archive.comment.decode(), {name: archive.read(name) for name in archive.namelist()})


def main_of(contents: Mapping[str, bytes]) -> str | None:
    """The file that says of itself that it is an OpenAPI description; None where no or more than one does."""
    if len(contents) == 1:
        return next(iter(contents))
    found = [name for name, content in contents.items() if _MAIN.search(content[:_READ_AHEAD])]
    return found[0] if len(found) == 1 else None
