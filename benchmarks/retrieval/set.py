"""The labelled set: memories as agents would keep them, and questions with all the memories that answer them.

Three files of JSON lines lie beside this one. `memories.jsonl` holds what is stored, from unrelated worlds that share
words and names; `questions.jsonl` what is asked, over all worlds at once; `links.jsonl` typed links between memories.
A question with a time is asked of what was true then; one without asks for what is true for good.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class QuestionKind(StrEnum):
    DIRECT = "direct"
    """In about the memory's own words."""
    PARAPHRASE = "paraphrase"
    """In other words than the memory's."""
    MULTI_HOP = "multi_hop"
    """Answered by two memories or more together."""
    TEMPORAL = "temporal"
    """Answered differently at another time."""
    ENTITY = "entity"
    """About one of several that differ by name only."""
    NEGATION = "negation"
    """What is not so, not done or not allowed."""
    CODE = "code"
    """By an exact term: an error code, an id, a variable."""


class BrokenSet(ValueError):
    """The labelled set contradicts itself; each line of the message is one fault."""


@dataclass(frozen=True)
class Memory:
    key: str
    kind: str
    content: str
    tags: tuple[str, ...]
    valid_from: datetime | None
    """Inclusive; None: since ever."""
    valid_to: datetime | None
    """Exclusive; None: still."""

    def is_valid(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class Question:
    id: str
    kind: QuestionKind
    text: str
    relevant: frozenset[str]
    """Keys of memories."""
    at: datetime | None


@dataclass(frozen=True)
class Link:
    source: str
    target: str
    type: str


@dataclass(frozen=True)
class LabelledSet:
    memories: tuple[Memory, ...]
    questions: tuple[Question, ...]
    links: tuple[Link, ...]


def load(folder: Path = FOLDER) -> LabelledSet:
    """Raises BrokenSet where the files contradict each other, KeyError and ValueError where a line is malformed."""
    labelled = LabelledSet(
        tuple(_memory(line) for line in _lines(folder / "memories.jsonl")),
        tuple(_question(line) for line in _lines(folder / "questions.jsonl")),
        tuple(Link(line["from"], line["to"], line["type"]) for line in _lines(folder / "links.jsonl")),
    )
    found = [*_memory_faults(labelled), *_question_faults(labelled), *_link_faults(labelled)]
    if found:
        raise BrokenSet("\n".join(found))
    return labelled


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _memory(line: dict[str, Any]) -> Memory:
    times = (_time(line, "valid_from"), _time(line, "valid_to"))
    return Memory(line["key"], line["kind"], line["content"], tuple(line["tags"]), *times)


def _question(line: dict[str, Any]) -> Question:
    kind = QuestionKind(line["kind"])
    return Question(line["id"], kind, line["question"], frozenset(line["relevant"]), _time(line, "at"))


def _time(line: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(line[name]) if name in line else None


def _memory_faults(labelled: LabelledSet) -> Iterator[str]:
    yield from _repeated("key", [memory.key for memory in labelled.memories])
    yield from _repeated("content", [memory.content for memory in labelled.memories])
    for memory in labelled.memories:
        if memory.valid_from and memory.valid_to and memory.valid_to <= memory.valid_from:
            yield f"{memory.key} ends before it begins."


def _question_faults(labelled: LabelledSet) -> Iterator[str]:
    yield from _repeated("id", [question.id for question in labelled.questions])
    yield from _repeated("question", [f"{question.text} ({question.at})" for question in labelled.questions])
    memories = {memory.key: memory for memory in labelled.memories}
    for question in labelled.questions:
        missing = question.relevant - memories.keys()
        found = [memories[key] for key in question.relevant - missing]
        if missing:
            yield f"{question.id} names {', '.join(sorted(missing))}, which no memory has."
        if not question.relevant or (question.kind is QuestionKind.MULTI_HOP and len(question.relevant) < 2):
            yield f"{question.id} names too few memories."
        if question.kind is QuestionKind.TEMPORAL and question.at is None:
            yield f"{question.id} asks about a time without giving one."
        for memory in found:
            if memory.valid_to is not None if question.at is None else not memory.is_valid(question.at):
                yield f"{question.id} names {memory.key}, which is not true at its time."


def _link_faults(labelled: LabelledSet) -> Iterator[str]:
    yield from _repeated("link", [f"{link.source} {link.type} {link.target}" for link in labelled.links])
    keys = {memory.key for memory in labelled.memories}
    for link in labelled.links:
        if link.source == link.target or not {link.source, link.target} <= keys:
            yield f"The link from {link.source} to {link.target} does not join two memories."


def _repeated(what: str, values: list[str]) -> Iterator[str]:
    yield from (
        f"The {what} {value!r} stands there {count} times." for value, count in Counter(values).items() if count > 1
    )
