"""The requests in `vectors/`, each of which has to be believed."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.verification import Store

from integrations.documents import read_document
from webhooks.signatures.certificates import Certificates
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.types import Scheme
from webhooks.signatures.verdict import Verdict
from webhooks.signatures.verify import verify

FOLDER = Path(__file__).parent / "vectors"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
URL = "https://hooks.acme.example/hooks/d41f6b0c/"


@dataclass(frozen=True)
class Vector:
    scheme: Scheme
    name: str
    source: str
    received: Received
    secrets: tuple[str, ...]
    settings: Mapping[str, str]
    event: Mapping[str, str | None] | None
    certificates: Certificates | None

    def __str__(self) -> str:
        return f"{self.scheme.slug}: {self.name}"

    def judged(
        self, received: Received | None = None, secrets: tuple[str, ...] | None = None, at: datetime | None = None
    ) -> Verdict:
        """What the engine finds, with something changed or nothing."""
        received = received or self.received
        return verify(
            self.scheme,
            received,
            self.secrets if secrets is None else secrets,
            self.settings,
            now=at or self.received.at,
            certificates=self.certificates,
        )


Vectors = tuple[Vector, ...]


@cache
def all_vectors() -> Vectors:
    return tuple(vector for file in sorted(FOLDER.glob("*.yaml")) for vector in _read(file))


def by_scheme() -> list[Vectors]:
    return [tuple(found) for _, found in groupby(all_vectors(), key=lambda vector: vector.scheme.slug)]


def _read(file: Path) -> Iterator[Vector]:
    scheme = scheme_named(file.stem)
    assert scheme is not None, f"{file.name} is named for no scheme"
    for written in read_document(file.read_bytes()):
        yield _vector(scheme, written)


def _vector(scheme: Scheme, written: Mapping[str, Any]) -> Vector:
    return Vector(
        scheme=scheme,
        name=written["name"],
        source=written["source"],
        received=_received(written),
        secrets=tuple(written.get("secrets", ())),
        settings=written.get("settings", {}),
        event=written.get("event"),
        certificates=_certificates(written["certificates"]) if "certificates" in written else None,
    )


def _received(written: Mapping[str, Any]) -> Received:
    headers = written.get("headers", {})
    return Received(
        method=written.get("method", "POST"),
        url=written.get("url", URL),
        headers=tuple(headers.items() if isinstance(headers, dict) else map(tuple, headers)),
        body=base64.b64decode(written["body_base64"]) if "body_base64" in written else written.get("body", "").encode(),
        at=datetime.fromisoformat(written["at"]) if "at" in written else NOON,
    )


def _certificates(written: Mapping[str, Any]) -> Certificates:
    roots = x509.load_pem_x509_certificates(written["roots"].encode())
    found = {url: pem.encode() for url, pem in written["urls"].items()}
    return Certificates(fetch=found.get, roots=lambda: Store(roots))


def with_header(received: Received, name: str, *values: str) -> Received:
    """With these in place of whatever the header held."""
    others = tuple(each for each in received.headers if each[0].lower() != name.lower())
    return replace(received, headers=(*others, *((name, value) for value in values)))
