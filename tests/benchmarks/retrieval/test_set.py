"""The labelled set is large, has every kind of question, and does not contradict itself."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.retrieval.set import BrokenSet, LabelledSet, Link, Memory, Question, QuestionKind, load

OLD = {"key": "a", "kind": "fact", "content": "It is red.", "tags": ["x"], "valid_to": "2026-01-01T00:00:00Z"}
NEW = {"key": "b", "kind": "fact", "content": "It is blue.", "tags": [], "valid_from": "2026-01-01T00:00:00Z"}
NOW = {"id": "q1", "kind": "direct", "question": "What colour?", "relevant": ["b"]}
THEN = NOW | {"id": "q2", "kind": "temporal", "relevant": ["a"], "at": "2025-06-01T00:00:00Z"}
LINK = {"from": "b", "to": "a", "type": "supersedes"}
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def labelled() -> LabelledSet:
    return load()


def write(
    folder: Path, memories: list[dict[str, Any]], questions: list[dict[str, Any]], links: list[dict[str, Any]]
) -> Path:
    for name, lines in (("memories", memories), ("questions", questions), ("links", links)):
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return folder


def test_it_has_over_a_thousand_memories_and_two_hundred_questions(labelled: LabelledSet) -> None:
    assert len(labelled.memories) >= 1_000
    assert len(labelled.questions) >= 200


@pytest.mark.parametrize("kind", QuestionKind)
def test_it_asks_enough_of_each_kind(labelled: LabelledSet, kind: QuestionKind) -> None:
    assert Counter(question.kind for question in labelled.questions)[kind] >= 15


def test_its_memories_are_short(labelled: LabelledSet) -> None:
    assert [one.key for one in labelled.memories if not 5 <= len(one.content.split()) <= 40] == []


def test_it_can_be_answered_within_ten_results(labelled: LabelledSet) -> None:
    assert max(len(question.relevant) for question in labelled.questions) <= 10


def test_it_holds_the_example_that_is_to_be_found_first(labelled: LabelledSet) -> None:
    question = next(one for one in labelled.questions if one.text == "AI assistant capabilities")
    assert [one.content for one in labelled.memories if one.key in question.relevant] == [
        "Claude Code is an AI assistant"
    ]


def test_it_reads_the_three_files(tmp_path: Path) -> None:
    assert load(write(tmp_path, [OLD, NEW], [NOW, THEN], [LINK])) == LabelledSet(
        (
            Memory("a", "fact", "It is red.", ("x",), None, NEW_YEAR),
            Memory("b", "fact", "It is blue.", (), NEW_YEAR, None),
        ),
        (
            Question("q1", QuestionKind.DIRECT, "What colour?", frozenset("b"), None),
            Question("q2", QuestionKind.TEMPORAL, "What colour?", frozenset("a"), datetime(2025, 6, 1, tzinfo=UTC)),
        ),
        (Link("b", "a", "supersedes"),),
    )


def test_a_memory_is_valid_from_its_first_instant_until_before_its_last() -> None:
    memory = Memory("a", "fact", "It is red.", (), NEW_YEAR, datetime(2026, 2, 1, tzinfo=UTC))
    days = [datetime(2025, 12, 31, tzinfo=UTC), NEW_YEAR, datetime(2026, 1, 31, tzinfo=UTC), memory.valid_to]
    assert [memory.is_valid(day) for day in days if day] == [False, True, True, False]


@pytest.mark.parametrize(
    ("memories", "questions", "links", "fault"),
    [
        ([NEW, NEW | {"content": "It is green."}], [NOW], [], "The key 'b' stands there 2 times."),
        ([NEW, NEW | {"key": "c"}], [NOW], [], "The content 'It is blue.' stands there 2 times."),
        ([NEW | {"valid_to": NEW["valid_from"]}], [], [], "b ends before it begins."),
        ([NEW], [NOW, NOW | {"question": "Which?"}], [], "The id 'q1' stands there 2 times."),
        ([NEW], [NOW, NOW | {"id": "q3"}], [], "The question 'What colour? (None)' stands there 2 times."),
        ([NEW], [NOW | {"relevant": ["b", "z"]}], [], "q1 names z, which no memory has."),
        ([NEW], [NOW | {"relevant": []}], [], "q1 names too few memories."),
        ([NEW], [NOW | {"kind": "multi_hop"}], [], "q1 names too few memories."),
        ([NEW], [NOW | {"kind": "temporal"}], [], "q1 asks about a time without giving one."),
        ([OLD], [NOW | {"relevant": ["a"]}], [], "q1 names a, which is not true at its time."),
        ([OLD, NEW], [THEN | {"relevant": ["b"]}], [], "q2 names b, which is not true at its time."),
        ([OLD, NEW], [NOW], [LINK, LINK], "The link 'b supersedes a' stands there 2 times."),
        ([NEW], [NOW], [LINK], "The link from b to a does not join two memories."),
        ([NEW], [NOW], [LINK | {"to": "b"}], "The link from b to b does not join two memories."),
    ],
)
def test_it_refuses_a_set_that_contradicts_itself(
    tmp_path: Path,
    memories: list[dict[str, Any]],
    questions: list[dict[str, Any]],
    links: list[dict[str, Any]],
    fault: str,
) -> None:
    with pytest.raises(BrokenSet) as refused:
        load(write(tmp_path, memories, questions, links))
    assert str(refused.value) == fault


def test_it_tells_all_faults_at_once(tmp_path: Path) -> None:
    with pytest.raises(BrokenSet) as refused:
        load(write(tmp_path, [NEW, NEW], [NOW | {"relevant": []}], []))
    assert len(str(refused.value).splitlines()) == 3
