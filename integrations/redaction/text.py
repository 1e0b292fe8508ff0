"""Masking secrets within one string."""

from collections.abc import Sequence

from integrations.redaction.detectors import Span
from integrations.redaction.families import Family, merged
from integrations.redaction.known import KnownSecrets

SHORTEST_SUSPECT = 6
"""The shortest text in which a format finds something: `pwd='1`."""


def mask(kind: str) -> str:
    return f"[redacted:{kind}]"


def redact_text(text: str, families: tuple[Family, ...], secrets: Sequence[str] | KnownSecrets = ()) -> tuple[str, int]:
    """The text with secrets masked, and how many were: the very same string when there were none."""
    known = secrets if isinstance(secrets, KnownSecrets) else KnownSecrets(secrets)
    spans = find(text, families, known)
    return (masked(text, spans), len(spans)) if spans else (text, 0)


def find(text: str, families: tuple[Family, ...], known: KnownSecrets, start: int = 0) -> list[Span]:
    """What is to be masked from `start` on: in order, and no two overlap."""
    found = list(known.find(text, start)) if known else []
    if len(text) >= SHORTEST_SUSPECT:
        for family in families:
            found += family.find(text, start)
    return merged(found) if found else found


def masked(text: str, spans: Sequence[Span]) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], mask(span.kind)]
        end = span.end
    return "".join([*parts, text[end:]])
