"""The labelled corpus: what is found, missed and wrongly masked, and the floor that no change may fall below.

`python3 run.py bench redaction` prints the same with every fault. `fresh.jsonl` was written after the rules were.
"""

import pytest

from benchmarks.redaction import SECRET, Tally, main, measure, samples
from integrations.redaction.rules import PERSONAL

FLOOR = 0.94
EVERY = list(samples())


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    return measure(EVERY)[0]


@pytest.mark.parametrize("kind", [SECRET, *PERSONAL])
def test_it_finds_and_leaves_alone_at_least_so_many(kind: str, tallies: dict[str, Tally]) -> None:
    assert tallies[kind].found >= 8
    assert min(tallies[kind].precision, tallies[kind].recall) >= FLOOR


def test_it_has_several_hundred_texts_of_which_most_are_clean() -> None:
    assert len(EVERY) > 400
    assert sum(not sample.marks for sample in EVERY) > 200
    assert {mark.kind for sample in EVERY for mark in sample.marks} == {SECRET, *PERSONAL}


def test_it_prints_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    told = capsys.readouterr().out
    assert told.startswith(f"{len(EVERY)} texts, ")
    assert [line.split()[0] for line in told.splitlines()[3:11]] == [SECRET, *PERSONAL]
