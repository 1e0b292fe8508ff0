import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.shaping.weight import tokens_of, weigh, weigh_text
from tests.registry.shaping.values import json_values


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize(
    ("text", "weight"), [("", 0), ("word", 4), ("жизнь", 15), ("你好", 10), ("🙂", 7), ("e\u0301", 4)]
)
def test_it_weighs_letters_by_what_tokenizers_make_of_them(text: str, weight: int) -> None:
    assert weigh_text(text) == weight


def test_it_takes_three_of_ascii_for_a_token() -> None:
    assert tokens_of({"name": "Ada"}) == 5
    assert tokens_of(None) == 2
    assert tokens_of("x" * 2998) == 1000


@given(json_values)
def test_it_weighs_what_is_sent(value: object) -> None:
    assert weigh(value) == weigh_text(compact(value))


@given(json_values, st.integers(0, 60))
def test_it_is_exact_up_to_what_was_asked(value: object, most: int) -> None:
    whole, looked = weigh(value), weigh(value, most)
    assert looked == whole if whole <= most else looked > most


def test_it_looks_no_further_than_asked() -> None:
    class Untouched(list[int]):
        def __iter__(self) -> object:  # type: ignore[override]
            raise AssertionError("looked inside")

    assert weigh([Untouched(range(1000))], 500) > 500
