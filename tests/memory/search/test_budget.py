import re
from dataclasses import replace
from typing import Any

import pytest

from memory.models import Memory, Trust
from memory.search.budget import keep_to
from memory.search.limits import FEWEST_TOKENS
from memory.search.shown import shown_hit
from memory.search.types import Arm, Hit, Part, SearchRequest
from registry.shaping.weight import tokens_of


def hit(content: str, **facts: Any) -> Hit:
    memory = Memory(content=content, namespace="default/", trust=Trust.TRUSTED, **facts)
    return Hit(memory, score=0.5, similarity=None, embedding="ready")


def asked(max_tokens: int | None, *fields: str) -> SearchRequest:
    return SearchRequest(query="x", max_tokens=max_tokens, fields=fields or ("content", "metadata"))


def test_it_keeps_all_without_a_budget() -> None:
    hits = [hit("a" * 1_000), hit("b" * 1_000)]
    kept, tokens, truncated = keep_to(hits, asked(None))
    assert (kept, truncated) == (tuple(hits), False)
    assert tokens == sum(tokens_of(shown_hit(each, asked(None))) for each in hits)


def test_it_keeps_whole_hits_up_to_the_budget() -> None:
    hits = [hit(letter * 300) for letter in "abcd"]
    one = tokens_of(shown_hit(hits[0], asked(None)))
    kept, tokens, truncated = keep_to(hits, asked(2 * one + 10))
    assert (kept, tokens, truncated) == (tuple(hits[:2]), 2 * one, True)


def test_it_does_not_pass_over_a_long_one_for_a_short_one() -> None:
    hits = [hit("a"), hit("b" * 3_000), hit("c")]
    assert keep_to(hits, asked(200))[0] == (hits[0],)


def test_it_cuts_the_first_one_with_a_mark_where_nothing_would_fit() -> None:
    request = asked(200)
    (kept,), tokens, truncated = keep_to([hit("word " * 1_000), hit("b")], request)
    content = shown_hit(kept, request)["content"]
    assert content.startswith("word word ")
    assert content.endswith(" more characters]")
    assert tokens <= 200
    assert truncated


def test_it_cuts_metadata_too() -> None:
    request = asked(200)
    (kept,), tokens, _ = keep_to([hit("short", metadata={"notes": "x" * 9_000, "n": 1})], request)
    told = shown_hit(kept, request)
    assert told["content"] == "short"
    assert told["metadata"]["n"] == 1
    assert told["metadata"]["notes"].endswith(" more characters]")
    assert tokens <= 200


@pytest.mark.parametrize("score", [1e-6, -0.123456, 0.123456])
@pytest.mark.parametrize("letter", ["w", "ж", "語", "🙂"])
def test_the_least_budget_holds_the_beginning_and_how_much_is_left_out(letter: str, score: float) -> None:
    request = SearchRequest(query="x", max_tokens=FEWEST_TOKENS, explain=True)
    first = hit(letter * 7_999, metadata={"a": "b"}, tags=["x" * 64] * 32, source="s" * 200)
    first = replace(first, score=score, similarity=-0.987654, parts=(Part(Arm.KEYWORD, 1, 0.5, 0.5),))
    first.memory.trust = Trust.UNTRUSTED
    (kept,), tokens, truncated = keep_to([first, hit("b")], request)
    told = shown_hit(kept, request)
    assert list(told) == ["id", "content", "trust", "score", "similarity"]
    assert re.fullmatch(rf"{letter}+… \[7\d{{3}} more characters\]", told["content"])
    assert (tokens, truncated) == (tokens_of(told), True)
    assert tokens <= FEWEST_TOKENS


def test_other_fields_stay_where_they_leave_room() -> None:
    request = SearchRequest(query="x", max_tokens=250)
    (kept,), tokens, _ = keep_to([hit("word " * 1_000, source="a page")], request)
    told = shown_hit(kept, request)
    assert (told["source"], told["content"][:9]) == ("a page", "word word")
    assert tokens <= 250


def test_long_fields_go_where_they_leave_no_room() -> None:
    request = asked(FEWEST_TOKENS, "tags", "trust")
    (kept,), tokens, truncated = keep_to([hit("a", tags=["x" * 64] * 32)], request)
    assert list(shown_hit(kept, request)) == ["id", "trust", "score", "similarity"]
    assert (tokens <= FEWEST_TOKENS, truncated) == (True, True)


def test_it_cuts_nothing_that_is_not_shown() -> None:
    request = asked(FEWEST_TOKENS, "tags")
    (kept,), _, truncated = keep_to([hit("word " * 1_000)], request)
    assert ("content" not in shown_hit(kept, request), truncated) == (True, False)


def test_it_keeps_nothing_of_nothing() -> None:
    assert keep_to([], asked(FEWEST_TOKENS)) == ((), 0, False)
