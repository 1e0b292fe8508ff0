"""Marking what came from outside."""

from memory.tools.marked import NOTICE, marked

OURS = {"id": "1", "content": "Ours.", "trust": "agent", "metadata": {"trust": "untrusted"}}
THEIRS = {"id": "2", "content": "Theirs.", "trust": "untrusted"}


def test_a_memory_from_outside_is_marked_and_told_about() -> None:
    assert marked(THEIRS) == {**THEIRS, "untrusted": True, "notice": NOTICE}


def test_what_is_ours_is_told_as_it_is() -> None:
    assert marked(OURS) == OURS
    assert marked({"count": 3}) == {"count": 3}


def test_each_of_several_is_marked_for_itself() -> None:
    told = marked({"results": [OURS, THEIRS], "next": None})
    assert told == {"results": [OURS, {**THEIRS, "untrusted": True}], "next": None, "notice": NOTICE}


def test_neighbours_versions_and_outcomes_are_marked_inside() -> None:
    mark = {**THEIRS, "untrusted": True}
    assert marked({"results": [{"memory": THEIRS, "hops": 1}]})["results"] == [{"memory": mark, "hops": 1}]
    assert marked({"results": [{"facts": THEIRS, "version": 1}]})["results"] == [{"facts": mark, "version": 1}]
    outcomes = marked({"outcomes": [{"status": 201, "memory": THEIRS}, {"status": 422, "problem": {}}]})
    assert outcomes["outcomes"] == [{"status": 201, "memory": mark}, {"status": 422, "problem": {}}]
    assert outcomes["notice"] == NOTICE
