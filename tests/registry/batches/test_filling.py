"""References, filled in with what the calls before gave."""

from typing import Any

import pytest

from registry.batches.filling import Filler, Unfillable
from registry.batches.types import Source
from registry.json_query import MOST_STEPS, read_query

OUTPUTS: dict[str, Any] = {
    "find": {"items": [{"id": 7, "name": "Ada"}, {"id": 8, "name": "Bob"}], "none": None},
    "say": "hello",
}


def filler(outputs: dict[str, Any], **more: bool) -> Filler:
    return Filler({name: Source(output, output, **more) for name, output in outputs.items()})


def fill(value: Any) -> Any:
    return filler(OUTPUTS).fill(value).value


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
    assert filler(outputs).fill({"x": reference("a")}).value == {"x": {"$from": "secret", "path": "$"}}


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
        filler({"a": [[0] * 100] * 1000}).fill(reference("a", "$..*"))


def test_it_counts_what_all_paths_of_an_input_look_at_together() -> None:
    outputs = {"a": [0] * (MOST_STEPS // 4)}
    whole = reference("a", "$[*]")
    assert filler(outputs).fill([whole] * 4).value == [outputs["a"]] * 4
    with pytest.raises(Unfillable, match=r"all paths of one input may look at 50,000 values"):
        filler(outputs).fill([whole] * 5)


def test_it_bounds_what_an_input_becomes(settings: Any) -> None:
    settings.REQUEST_BODY_LIMIT_BYTES = 100
    outputs = {"text": "x" * 60, "list": [1] * 40}
    assert filler(outputs).fill(reference("text")).value == "x" * 60
    for twice in ([reference("text"), reference("text")], [reference("text"), reference("list")]):
        with pytest.raises(Unfillable, match="larger than an input may be"):
            filler(outputs).fill(twice)


def test_it_takes_no_part_for_the_whole() -> None:
    """Of a replayed call with a large output the row holds the beginning; what a path finds there may be too little."""
    with pytest.raises(Unfillable, match="too large to be kept here whole"):
        filler(OUTPUTS, is_stored=True, in_part=True).fill(reference("find", "$.items[0].id"))


HUSH: dict[str, Any] = {"nick": "Hush-Hush", "pin": 7, "age": 7, "tags": ["a", "b"], "note": "call a@b.example now"}
MASKED = {**HUSH, "nick": "[redacted:field]", "pin": "[redacted:field]", "note": "call [redacted:email] now"}


def masked(value: Any, source: Source) -> Any:
    return Filler({"a": source}).fill(value).masked


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("$.nick", "[redacted:field]"),
        ("$.pin", "[redacted:field]"),
        ("$.age", 7),
        ("$.note", "call [redacted:email] now"),
        ("$", MASKED),
        ("$[?@ == 7]", ["[redacted:field]", "[redacted:field]"]),
    ],
)
def test_it_keeps_masked_what_is_masked_where_it_comes_from(path: str, shown: Any) -> None:
    value = {"literal": "Hush-Hush", "x": [reference("a", path)]}
    filled = Filler({"a": Source(HUSH, MASKED)}).fill(value)
    assert filled.masked == {"literal": "Hush-Hush", "x": [shown]}
    assert filled.value == {"literal": "Hush-Hush", "x": [read_query(path).value(HUSH)]}


def test_it_masks_what_is_not_known_to_hold_nothing() -> None:
    """Of a very large output only a part was looked through."""
    source = Source({"shown": "x", "rest": ["y", 1, True]}, {"shown": "x"})
    assert masked([reference("a", "$.shown"), reference("a", "$.rest")], source) == [
        "x",
        ["[redacted:field]", "[redacted:field]", True],
    ]


def test_it_has_no_masked_form_where_nothing_is_masked() -> None:
    filled = Filler({"a": Source(HUSH, MASKED)}).fill({"x": reference("a", "$.age")})
    assert filled.masked is filled.value
