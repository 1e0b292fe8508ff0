"""Events as providers send them, to test a source with. They are read when somebody asks for them, and once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from integrations.documents import BadDocument, read_document
from integrations.schema_faults import schema_faults
from webhooks.signatures.received import Received

SAMPLES = Path(__file__).parents[1] / "samples"
SCHEMA = Path(__file__).parent / "sample.schema.json"


@dataclass(frozen=True)
class Sample:
    name: str
    type: str
    """Of the event, as its scheme finds it."""
    id: str | None
    """Of the event; None: the provider gives none."""
    method: str
    headers: Mapping[str, str]
    body: bytes

    def request(self, url: str, at: datetime) -> Received:
        """As it would come, not yet signed."""
        return Received(self.method, url, tuple(self.headers.items()), self.body, at)


@lru_cache(maxsize=200)
def samples_of(slug: str) -> tuple[Sample, ...]:
    """Of the scheme of that name; none where there are none. Raises BadDocument, of which no file shipped is one."""
    if slug not in _names():
        return ()
    written = read_document((SAMPLES / f"{slug}.yaml").read_bytes())
    if fault := next(schema_faults(SCHEMA, written, "$"), None):
        raise BadDocument(f"{slug}: {fault.path}: {fault.message}")
    return tuple(_sample(each) for each in written)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(file.stem for file in SAMPLES.glob("*.yaml"))


def _sample(written: Mapping[str, Any]) -> Sample:
    body = written["body"]
    return Sample(
        name=written["name"],
        type=written["type"],
        id=written.get("id"),
        method=written.get("method", "POST"),
        headers=written.get("headers", {}),
        body=(body if isinstance(body, str) else json.dumps(body)).encode(),
    )
