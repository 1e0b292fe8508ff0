"""What came of an import, as its page tells it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.openapi.report import Reason

SHOWN = 100
"""Skipped operations at once; the search finds the others."""

_SAID: Mapping[str, str] = {
    Reason.METHOD: "Methods that no tool calls",
    Reason.MALFORMED: "Not described as OpenAPI has it",
    Reason.DANGLING: "What they need is described nowhere",
    Reason.BODY: "Bodies that cannot be built",
    Reason.COOKIE: "They want a cookie",
    Reason.CREDENTIAL: "They are about credentials",
    Reason.TOO_LARGE: "Too large for a model",
    Reason.UNUSABLE: "Not usable as an action",
}


@dataclass(frozen=True)
class Skipped:
    method: str
    path: str
    reason: str
    sentence: str


@dataclass(frozen=True)
class ReasonCount:
    reason: str
    words: str
    number: int
    chosen: bool


@dataclass(frozen=True)
class Told:
    """A report with its skipped operations narrowed to those that were asked for."""

    operations: int
    actions: int
    percent: int
    version: str
    title: str
    reasons: Sequence[ReasonCount]
    skipped: Sequence[Skipped]
    more: int
    """Skipped operations that fit and are not shown."""
    warnings: Sequence[Mapping[str, Any]]
    deprecated: Sequence[str]
    cut: Sequence[str]
    changes: Mapping[str, Sequence[str]] | None

    @property
    def left_out(self) -> int:
        return sum(each.number for each in self.reasons)


def told(report: Mapping[str, Any], *, search: str, reason: str) -> Told:
    found = [Skipped(**each) for each in report["skipped"] if _fits(each, search, reason)]
    operations, actions = report["operations"], report["actions"]
    return Told(
        operations=operations,
        actions=actions,
        percent=100 * actions // operations if operations else 0,
        version=report["version"],
        title=report["title"],
        reasons=[ReasonCount(name, words(name), number, name == reason) for name, number in report["reasons"].items()],
        skipped=found[:SHOWN],
        more=len(found) - SHOWN if len(found) > SHOWN else 0,
        warnings=report["warnings"],
        deprecated=report["deprecated"],
        cut=report["cut"],
        changes=report.get("changes"),
    )


def words(reason: str) -> str:
    return _SAID.get(reason, reason)


def _fits(each: Mapping[str, str], search: str, reason: str) -> bool:
    text = f"{each['method']} {each['path']} {each['sentence']}".lower()
    return reason in ("", each["reason"]) and all(word in text for word in search.lower().split())
