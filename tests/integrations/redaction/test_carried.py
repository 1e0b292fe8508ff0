"""A value takes its masked form along, in its own shape."""

from typing import Any

import pytest

from integrations.redaction import as_masked, findable, hidden
from integrations.redaction.carried import MOST_LETTERS

FIELD = "[redacted:field]"


@pytest.mark.parametrize(
    ("value", "masked", "shown", "texts"),
    [
        ("secret", "[redacted:field]", FIELD, {"secret"}),
        ("secret", "[hashed:email:abc]", "[hashed:email:abc]", {"secret"}),
        (12345, "[redacted:card]", "[redacted:card]", {"12345"}),
        ("same", "same", "same", set()),
        ("one", "another", FIELD, set()),
        ("alone", None, FIELD, {"alone"}),
        (True, None, True, set()),
        (None, None, None, set()),
        ("", None, "", set()),
        (
            "to a@b.example, c@d.example!",
            "to [redacted:email], [redacted:email]!",
            None,
            {"a@b.example", "c@d.example"},
        ),
        ("does not fit", "at all: [redacted:email]", "at all: [redacted:email]", {"does not fit"}),
        ({"a": "kept", "b": "dropped"}, {"a": "kept"}, {"a": "kept", FIELD: FIELD}, {"dropped"}),
        ({"ada@b.example": 1}, {"[redacted:email]": 1}, {FIELD: FIELD}, {"ada@b.example"}),
        ({"a@b.io": 1, "c@d.io": True}, {}, {FIELD: FIELD, f"{FIELD} (2)": True}, {"a@b.io", "c@d.io"}),
        (["one-", "two-"], ["two-"], [FIELD, FIELD], {"one-", "two-"}),
        (["one-", {"x": "two-"}], ["one-", {"x": FIELD}], ["one-", {"x": FIELD}], {"two-"}),
    ],
)
def test_it_shows_no_more_than_the_masked_form_does(value: Any, masked: Any, shown: Any, texts: set[str]) -> None:
    assert as_masked(value, masked) == (masked if shown is None else shown)
    assert hidden(value, masked) == texts


def test_it_is_the_very_same_where_nothing_is_masked() -> None:
    value = {"a": [1]}
    assert as_masked(value, value) is value
    assert hidden(value, value) == frozenset()


def test_it_goes_as_deep_as_a_value_may() -> None:
    value: Any = "secret"
    for _ in range(5_000):
        value = [value]
    shown = as_masked(value, None)
    for _ in range(5_000):
        [shown] = shown
    assert shown == FIELD


def test_it_looks_for_no_more_than_it_could_find() -> None:
    texts = [f"{number:06}" for number in range(100_000)]
    for value in (texts, "x" * 2_000_000):
        found = hidden(value, None)
        assert MOST_LETTERS < len("".join(found)) <= MOST_LETTERS + 6
        assert findable(found) == ()
    assert findable({"few"}) == ("few",)
