import pytest

from integrations.patterns import LONGEST_PATTERN, BadPattern, read_pattern, read_whole_pattern


@pytest.mark.parametrize(
    "source", ["", "(", "(?=ahead)", r"(a)\1", "a{1000}{1000}", "x" * (LONGEST_PATTERN + 1)], ids=range(6)
)
def test_it_takes_no_pattern_that_could_hang(source: str) -> None:
    with pytest.raises(BadPattern):
        read_pattern(source)


@pytest.mark.parametrize("source", [r"(a+)+$", r"(a|a)*$", r"(.*)*x", r"(?i)NEEDLE", r"\bword\b", r"^\s*$"])
def test_it_takes_patterns_that_hang_others(source: str) -> None:
    assert read_pattern(source).finds("a" * 60_000 + "!") in (True, False)


def test_it_finds_a_part_and_on_wish_only_the_whole() -> None:
    assert read_pattern("b|c").finds("abc")
    assert [read_whole_pattern("b|c").finds(text) for text in ("abc", "c", "c\n", "")] == [False, True, False, False]
