"""The expression for what has begun: it matches every beginning of a match, and nothing that cannot become one."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.redaction.detectors import Pattern
from integrations.redaction.formats import TOKENS
from integrations.redaction.personal import DETECTORS
from integrations.redaction.unfinished import unfinished

PATTERNS = [one for family in (TOKENS.detectors, *DETECTORS.values()) for one in family if isinstance(one, Pattern)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_beginning_of_a_match_is_unfinished(data: st.DataObject) -> None:
    detector = data.draw(st.sampled_from(PATTERNS))
    text = data.draw(st.from_regex(detector.pattern)).rstrip("\n")
    match = detector.pattern.search(text)
    if match is None:
        return
    end = data.draw(st.integers(match.start() + 1, match.end()))
    begun = detector.unfinished.search(text[:end])
    assert begun is not None
    assert begun.start() <= match.start() or begun.end() == end


@pytest.mark.parametrize(
    ("pattern", "begun", "hopeless"),
    [
        ("abc", ["", "a", "ab", "abc"], ["b ", "abx"]),
        (r"a(?:bc|de)?\d{2,3}", ["ad", "ade", "a1", "abc12"], ["abd", "a1x"]),
        (r"[\]x]+?y*", ["]x", "xyy"], ["y "]),
        (r"(?:ab){2}c", ["aba", "abab"], ["abc"]),
        (r"(?<!z)a(?!b)", ["a"], ["za", "b"]),
        (r"a(?P<name>b)", ["ab"], ["ac"]),
    ],
)
def test_it_reads_the_language_that_formats_use(pattern: str, begun: list[str], hopeless: list[str]) -> None:
    found = re.compile(unfinished(pattern))
    assert [text for text in begun if not found.fullmatch(text)] == []
    assert [text for text in hopeless if (match := found.search(text)) and match.end() > match.start()] == []


def test_it_marks_where_the_secret_begins() -> None:
    match = re.search(unfinished(r"key=(?P<secret>[a-z]{4})"), "a key=ab")
    assert match is not None
    assert match.start("secret") == 6


def test_it_says_what_it_cannot_read() -> None:
    with pytest.raises(ValueError, match="Cannot read the pattern"):
        unfinished("a)b")
