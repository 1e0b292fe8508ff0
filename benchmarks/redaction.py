"""What redaction finds, misses and masks wrongly in the labelled corpus, by kind.

A sample is a text or a JSON value in which `[[kind|…]]` marks what is to be found; all else is to stay. A broken bar
in a secret is left out when it is read, so that no scanner takes the sample for a real one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integrations.redaction.detectors import Span
from integrations.redaction.known import KnownSecrets
from integrations.redaction.policy import DEFAULT_REDACTION
from integrations.redaction.rules import PERSONAL
from integrations.redaction.text import find

CORPUS = Path(__file__).resolve().parent.parent / "tests/integrations/redaction/corpus"
SECRET = "secret"  # noqa: S105  a kind
_MARK = re.compile(r"\[\[(\w+)\|(.*?)\]\](?!\])", re.DOTALL)
_NOBODY = KnownSecrets()
_FAMILIES = DEFAULT_REDACTION.stored.families


@dataclass(frozen=True)
class Sample:
    file: str
    name: str
    """The field that the text stands in; empty: none."""
    text: str
    marks: tuple[Span, ...]


@dataclass
class Tally:
    found: int = 0
    missed: int = 0
    wrong: int = 0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.wrong) if self.found + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0


def samples(folder: Path = CORPUS) -> Iterator[Sample]:
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            given = json.loads(line)
            for name, marked in _leaves("", given["value"]) if "value" in given else [("", given["text"])]:
                yield _sample(file.stem, name, marked)


def measure(found: Iterator[Sample] | list[Sample]) -> tuple[dict[str, Tally], list[str]]:
    """The tally of each kind, and a line for each fault."""
    tallies = {kind: Tally() for kind in (SECRET, *PERSONAL)}
    faults: list[str] = []
    for sample in found:
        spans = [
            _as_marked(span) for span in find(sample.text, DEFAULT_REDACTION.stored.families, _NOBODY, 0, sample.name)
        ]
        for mark in sample.marks:
            if any(one.kind == mark.kind and one.start <= mark.start and mark.end <= one.end for one in spans):
                tallies[mark.kind].found += 1
            else:
                tallies[mark.kind].missed += 1
                faults.append(f"missed  {mark.kind:12}{sample.text[mark.start : mark.end]!r} in {_shown(sample)}")
        for span in spans:
            if not any(mark.start <= span.start and span.end <= mark.end for mark in sample.marks):
                tallies[span.kind].wrong += 1
                faults.append(f"wrong   {span.kind:12}{sample.text[span.start : span.end]!r} in {_shown(sample)}")
    return tallies, faults


def main(argv: list[str]) -> None:
    every = list(samples())
    tallies, faults = measure(every)
    print(f"{len(every)} texts, {sum(len(sample.marks) for sample in every)} marks\n")
    print(f"{'kind':14}{'found':>7}{'missed':>8}{'wrong':>7}{'precision':>11}{'recall':>8}")
    for kind, tally in tallies.items():
        print(f"{kind:14}{tally.found:7}{tally.missed:8}{tally.wrong:7}{tally.precision:11.3f}{tally.recall:8.3f}")
    print("", *faults, sep="\n")


def _leaves(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(key, child)
    elif isinstance(value, list):
        for child in value:
            yield from _leaves(name, child)
    else:
        yield name, value


def _sample(file: str, name: str, marked: str) -> Sample:
    text, marks, end = "", [], 0
    marked = marked.replace("¦", "")
    for mark in _MARK.finditer(marked):
        text += marked[end : mark.start()]
        marks.append(Span(len(text), len(text) + len(mark[2]), mark[1]))
        text, end = text + mark[2], mark.end()
    return Sample(file, name, text + marked[end:], tuple(marks))


def _as_marked(span: Span) -> Span:
    kind = span.kind.replace("-", "_")
    return span._replace(kind=kind if kind in PERSONAL else SECRET)


def _shown(sample: Sample) -> str:
    return f"{sample.file}: {sample.name + ': ' if sample.name else ''}{sample.text[:100]}"
