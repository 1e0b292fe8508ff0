from typing import Any

import pytest

from integrations.mapping import TooMuchWork, Unmappable, apply_mapping, check_mapping

ANSWER = {"data": {"items": [{"id": 1, "n": "Ada"}, {"id": 2, "n": None}]}, "debug": "x" * 100}


@pytest.mark.parametrize(
    ("expression", "mapped"),
    [
        ("data.items[*].id", [1, 2]),
        ("data.items[*].{id: id, name: n}", [{"id": 1, "name": "Ada"}, {"id": 2, "name": None}]),
        ("{total: length(data.items), first: data.items[0].n}", {"total": 2, "first": "Ada"}),
        ("data.items[?id > `1`].id | [0]", 2),
        ("data.items[?n == 'Ada'].id", [1]),
        ("data.items[?n < `3`]", []),
        ("data.missing", None),
        ("data.missing || 'none'", "none"),
        ("sort_by(data.items, &id)[-1].id", 2),
        ("map(&id, data.items)", [1, 2]),
        ("@", ANSWER),
    ],
)
def test_it_makes_of_the_answer_what_the_expression_says(expression: str, mapped: Any) -> None:
    assert check_mapping("$.response_mapping", expression) == []
    assert apply_mapping(expression, ANSWER) == mapped


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("a b", "from character 3 on: Unexpected token: b."),
        ("a.", "from character 3 on: Expecting:"),
        ("foo(", "from character 5 on"),
        ("items[", "from character 7 on"),
        ("'open", "from character 1 on"),
        (" ", "from character 2 on"),
        ("shout(name)", "There is no function `shout`. There are: abs, avg,"),
        ('"\\ud800"', "a character that cannot be stored"),
        ('"a\\u0000"', "a character that cannot be stored"),
        ('`{"a": [NaN]}`', "no JSON"),
        ("`" + "[" * 60 + "]" * 60 + "`", "no JSON"),
        ("(" * 2500, "nested too deeply"),
        ("|".join(["a"] * 60), "nested too deeply"),
        ("a" * 4001, "longer than 4,000 characters"),
    ],
)
def test_it_refuses_what_cannot_be_evaluated_and_says_where(expression: str, complaint: str) -> None:
    faults = check_mapping("$.response_mapping", expression)
    assert [fault.path for fault in faults] == ["$.response_mapping"]
    assert complaint in faults[0].message


DOUBLINGS = {
    "nested arrays": " | ".join(["[@, @]"] * 40),
    "flat arrays": " | ".join(["[@, @][]"] * 40),
    "objects": " | ".join(["{a: @, b: @}"] * 40),
    "text": " | ".join(["join('', [@, @])"] * 40),
    "arrays by merge": " | ".join(["[to_array(@), to_array(@)][]"] * 40),
    "a comparison": f"({' | '.join(['[@, @]'] * 40)}) == ({' | '.join(['[@, @]'] * 40)})",
    "a projection": " | ".join(["[*].[@, @][]"] * 40),
    "a text of it": " | ".join(["[@, @]"] * 40) + " | to_string(@)",
}


@pytest.mark.parametrize("expression", DOUBLINGS.values(), ids=DOUBLINGS)
def test_it_gives_up_what_grows_with_every_step(expression: str) -> None:
    assert check_mapping("$.response_mapping", expression) == []
    with pytest.raises(TooMuchWork):
        apply_mapping(expression, ["x" * 100] if "[*]" in expression else "x" * 100, most_work=50_000)


def test_it_evaluates_each_side_of_a_comparison_once() -> None:
    nested = "a" + "".join(f" == `{number}`)" for number in range(40))
    expression = "(" * 40 + nested
    assert check_mapping("$.response_mapping", expression) == []
    assert apply_mapping(expression, {"a": 1}, most_work=1000) is False


def test_it_gives_up_an_answer_that_is_too_long() -> None:
    with pytest.raises(TooMuchWork):
        apply_mapping("[*].id", [{"id": 1}] * 10_000, most_work=10_000)


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("length(@)", 7),
        ("sum(@)", [1, "two"]),
        ("sort(@)", [1, "two"]),
        ("sort_by(@, &a)", [{"a": 1}, {"a": "b"}]),
        ("ceil(to_number(@))", "1e999"),
        ("to_number(@)", "1e999"),
        ("to_number(@)", "nan"),
        ("sum(@)", [1e308, 1e308]),
        ("sum(@)", [int("9" * 4300), int("9" * 4300)]),
        ("&a", {}),
        ("[&a]", {}),
        ("join(',', @)", [1]),
        ("length(@, @)", []),
    ],
)
def test_it_says_when_the_answer_is_not_what_the_expression_works_on(expression: str, answer: Any) -> None:
    assert check_mapping("$.response_mapping", expression) == []
    with pytest.raises(Unmappable):
        apply_mapping(expression, answer)


@pytest.mark.parametrize(
    ("expression", "answer", "told"),
    [
        ("abs(pin)", {"pin": "998877"}, "`abs` was given string, and takes number."),
        ("sum(@)", ["998877"], "`sum` was given str, and takes array-number."),
        ("sort_by(@, &pin)", [{"pin": "998877"}, {"pin": 1}], "`sort_by` was given number, and takes string."),
        ("contains(@, `1`)", "998877", "it has another shape."),
        ("length(@, @)", "998877", "Expected 1 argument for function length(), received 2."),
    ],
)
def test_it_says_so_without_repeating_what_the_service_said(expression: str, answer: Any, told: str) -> None:
    with pytest.raises(Unmappable) as refused:
        apply_mapping(expression, answer)
    assert str(refused.value) == told


@pytest.mark.parametrize(
    ("content", "length"), [("Zoë", 4), ("", 0), ({"base64": "AAEC"}, 3), ({"base64": "", "filename": "a.txt"}, 0)]
)
def test_it_counts_the_bytes_of_a_file(content: Any, length: int) -> None:
    assert apply_mapping("byte_length(content)", {"content": content}) == length


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"base64": "A"}, "`byte_length` was given `base64` that is none."),
        ({"text": "A"}, '`byte_length` takes a text or {"base64": "…"}.'),
        (7, "`byte_length` was given number, and takes string or object."),
    ],
)
def test_it_says_what_has_no_bytes(content: Any, sentence: str) -> None:
    with pytest.raises(Unmappable) as refused:
        apply_mapping("byte_length(content)", {"content": content})
    assert str(refused.value) == sentence


def test_it_writes_a_text_so_that_nothing_in_it_means_anything_in_a_url() -> None:
    assert apply_mapping("url_encode(name)", {"name": "a/b?c=ü ~"}) == "a%2Fb%3Fc%3D%C3%BC%20~"


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        ("IyBa\nb8Or\n", "# Zoë"),
        ("Pz8_", "???"),
        ("Pz8/", "???"),
        ("Wm_Dqw", "Zoë"),
        ("", ""),
        ("iVBORw0KGgo=", None),
        ("AGE=", None),
        ("Zoë", None),
        (None, None),
    ],
)
def test_it_reads_the_text_of_a_file(encoded: str | None, text: str | None) -> None:
    assert apply_mapping("base64_decode(content)", {"content": encoded}) == text


@pytest.mark.parametrize(
    ("expression", "made"),
    [
        ("{a: gone, b: [gone, `0`, {c: gone}], d: kept}", {"b": [0, {}], "d": {"e": None}}),
        ("merge({a: gone}, kept)", {"e": None}),
        ("gone.{a: b}", None),
        ("[gone]", []),
    ],
)
def test_it_leaves_out_on_wish_what_comes_to_null(expression: str, made: Any) -> None:
    assert apply_mapping(expression, {"kept": {"e": None}}, leave_nulls_out=True) == made


def test_it_writes_no_glue_that_nobody_counted() -> None:
    """The text would be half a terabyte."""
    with pytest.raises(TooMuchWork):
        apply_mapping("length(join(glue, parts))", {"glue": "x" * 5_000_000, "parts": [""] * 100_000})
    assert apply_mapping("join(', ', @)", ["a", "b"]) == "a, b"
