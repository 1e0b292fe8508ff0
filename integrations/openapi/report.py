"""What became of a document: for whoever imported it, in counts and sentences."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_SKIPPED = 1_000
MOST_WARNINGS = 200
_LONGEST_WORDS = 300


class Reason(StrEnum):
    """Why an operation became no action."""

    METHOD = "method"
    MALFORMED = "malformed"
    DANGLING = "dangling"
    BODY = "body"
    COOKIE = "cookie"
    CREDENTIAL = "credential"
    TOO_LARGE = "too_large"
    UNUSABLE = "unusable"


class Skip(Exception):
    """The operation becomes no action; the message is a sentence that says why."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True)
class Skipped:
    method: str
    path: str
    reason: Reason
    sentence: str

    def as_json(self) -> dict[str, str]:
        told = {"method": self.method, "path": self.path, "reason": str(self.reason), "sentence": self.sentence}
        return {name: value[:_LONGEST_WORDS] for name, value in told.items()}


@dataclass
class Report:
    version: str = ""
    """`OpenAPI 3.0.3`."""
    title: str = ""
    operations: int = 0
    actions: int = 0
    deprecated: list[str] = field(default_factory=list)
    """Slugs of actions that the vendor wants nobody to use any more."""
    cut: list[str] = field(default_factory=list)
    """Slugs of actions whose inputs are described less deeply than in the document, for their size."""
    skipped: list[Skipped] = field(default_factory=list)
    warnings: dict[str, int] = field(default_factory=dict)
    """Sentences, each with how often it was so."""

    def warn(self, sentence: str) -> None:
        if sentence in self.warnings or len(self.warnings) < MOST_WARNINGS:
            self.warnings[sentence] = self.warnings.get(sentence, 0) + 1

    def skip(self, method: str, path: str, reason: Reason, sentence: str) -> None:
        self.skipped.append(Skipped(method, path, reason, sentence))

    def as_json(self) -> dict[str, Any]:
        """Bounded: of very many skipped operations the first are told, and how many there were for which reason."""
        reasons: dict[str, int] = {}
        for one in self.skipped:
            reasons[one.reason] = reasons.get(one.reason, 0) + 1
        return {
            "version": self.version,
            "title": self.title,
            "operations": self.operations,
            "actions": self.actions,
            "deprecated": self.deprecated,
            "cut": self.cut,
            "reasons": reasons,
            "skipped": [one.as_json() for one in self.skipped[:MOST_SKIPPED]],
            "warnings": [{"sentence": sentence, "times": times} for sentence, times in self.warnings.items()],
        }
