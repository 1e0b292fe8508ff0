"""References, filled in with what the calls before gave."""

from typing import Any

import pytest

from accounts.errors import Fault
from registry.batches.references import MOST_REFERENCES, Filler, Unfillable, check_number, find_references
from registry.json_query import MOST_STEPS

OUTPUTS: dict[str, Any] = {
    "find": {"items": [{"id": 7, "name": "Ada"}, {"id": 8, "name": "Bob"}], "none": None},
    "say": "hello",
}


def fill(value: Any) -> Any:
    return Filler(OUTPUTS).fill(value)


def reference(source: str, path: str | None = None) -> dict[str, Any]:
    return {"$from": source} if path is None else {"$from": source, "path": path}


@pytest.mark.parametrize(
    ("put", "value"),
    [
        (reference("find", "$.items[0].id"), 7),
        (reference("find", "$.items[1]"), {"id": 8, "name": "Bob"}),
        (reference("find", "$.none"), None),
        (reference("find", "$.items[*].id"), [7, 8]),
        (reference("find", "$.items[?@.id > 8].id"), []),
        (reference("say", "$"), "hello"),
        (reference("say"), "hello"),
    ],
)
def test_it_replaces_the_whole_object_and_keeps_the_type(put: Any, value: Any) -> None:
    assert fill(put) == value
    assert fill({"deep": [1, {"er": put}], "b": "c"}) == {"deep": [1, {"er": value}], "b": "c"}


def test_it_does_not_look_through_what_it_filled_in() -> None:
    outputs = {"a": {"$from": "secret", "path": "$"}, "secret": "s"}
    assert Filler(outputs).fill({"x": reference("a")}) == {"x": {"$from": "secret", "path": "$"}}


@pytest.mark.parametrize(
    ("put", "sentence"),
    [
        (reference("find", "$.items[2]"), "The output of `find` has nothing at `$.items[2]`."),
        (reference("say", "$.length"), "The output of `say` has nothing at `$.length`."),
        (reference("none", "$"), "`none` gave no output."),
    ],
)
def test_it_says_of_whom_there_is_no_value(put: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Unfillable) as told:
        fill({"x": put})
    assert (told.value.source, str(told.value)) == (put["$from"], sentence)


def test_it_gives_up_where_a_path_leads_to_too_much() -> None:
    with pytest.raises(Unfillable, match="too large for"):
        Filler({"a": [[0] * 100] * 1000}).fill(reference("a", "$..*"))


def test_it_counts_what_all_paths_of_an_input_look_at_together() -> None:
    outputs = {"a": [0] * (MOST_STEPS // 4)}
    whole = reference("a", "$[*]")
    assert Filler(outputs).fill([whole] * 4) == [outputs["a"]] * 4
    with pytest.raises(Unfillable, match=r"all paths of one input may look at 50,000 values"):
        Filler(outputs).fill([whole] * 5)


def test_it_bounds_how_many_there_are() -> None:
    assert check_number([reference("a")] * MOST_REFERENCES, "$.input") == []
    assert check_number([reference("a")] * (MOST_REFERENCES + 1), "$.input") == [
        Fault("$.input", "This holds more than 1,000 references. Hand on whole objects, or split it.")
    ]


def test_it_writes_no_place_out_before_somebody_asks_for_it() -> None:
    """With a name of ten megabytes above a million items, all places together would be ten terabytes."""
    name = "n" * 10_000_000
    value = {name: [*range(1_000_000), reference("a")]}
    [found] = find_references(value, "$")
    assert found.place == f"$.{name}[1000000]"


def test_it_bounds_what_an_input_becomes(settings: Any) -> None:
    settings.REQUEST_BODY_LIMIT_BYTES = 100
    outputs = {"text": "x" * 60, "list": [1] * 40}
    assert Filler(outputs).fill(reference("text")) == "x" * 60
    for twice in ([reference("text"), reference("text")], [reference("text"), reference("list")]):
        with pytest.raises(Unfillable, match="larger than an input may be"):
            Filler(outputs).fill(twice)


def test_it_takes_no_part_for_the_whole() -> None:
    """Of a replayed call with a large output the row holds the beginning; what a path finds there may be too little."""
    with pytest.raises(Unfillable, match="too large to be kept here whole"):
        Filler(OUTPUTS, stored={"find"}, in_part={"find"}).fill(reference("find", "$.items[0].id"))


def test_it_names_the_place_of_each() -> None:
    value = {"a": [{"b c": reference("x")}], "d": reference("y"), "e": {"$FROM": 1}}
    assert [(found.place, found.source) for found in find_references(value, "$")] == [
        ('$.a[0]["b c"]', "x"),
        ("$.d", "y"),
    ]
