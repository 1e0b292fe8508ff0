"""The styles, with the values and the rows of the table in OpenAPI 3.1, 4.8.12.4 (Style Examples)."""

from typing import Any
from urllib.parse import unquote

import pytest

from accounts.errors import Invalid
from registry.transports.http_styles import fields, segment

ARRAY = ["blue", "black", "brown"]
OBJECT = {"R": 100, "G": 200, "B": 150}


def written(value: Any, style: str) -> str:
    return "&".join(fields("color", "color", value, style))


@pytest.mark.parametrize(
    ("style", "of_an_array", "of_an_object"),
    [
        ("form", "color=blue&color=black&color=brown", "R=100&G=200&B=150"),
        ("comma", "color=blue,black,brown", "color=R,100,G,200,B,150"),
        ("space", "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"),
        ("pipe", "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"),
        (
            "deepObject",
            "color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown",
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
        (
            "json",
            "color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D",
            "color=%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D",
        ),
    ],
)
def test_it_writes_each_style_as_the_specification_has_it(style: str, of_an_array: str, of_an_object: str) -> None:
    assert written(ARRAY, style) == of_an_array
    assert written(OBJECT, style) == of_an_object


@pytest.mark.parametrize("style", ["", "form", "comma", "space", "pipe", "deepObject"])
def test_it_writes_a_single_word_alike_in_every_style(style: str) -> None:
    assert written("a&b c", style) == "color=a%26b%20c"


@pytest.mark.parametrize(
    ("number", "word"), [(7, "7"), (10.0, "10"), (-0.0, "0"), (0.5, "0.5"), (1e20, "1" + "0" * 20), (1e21, "1e%2B21")]
)
def test_it_writes_a_whole_number_as_one(number: float, word: str) -> None:
    """A model may say 10.0 where the schema wants an integer: that fits, and the service would not take it."""
    assert written(number, "") == f"color={word}"


@pytest.mark.parametrize("style", ["", "form", "comma", "space", "pipe", "deepObject", "json"])
def test_it_leaves_null_out(style: str) -> None:
    assert written(None, style) == ""


def test_it_repeats_a_list_and_refuses_an_object_where_no_style_is_named() -> None:
    assert written(ARRAY, "") == "color=blue&color=black&color=brown"
    with pytest.raises(Invalid):
        written(OBJECT, "")


def test_it_goes_as_deep_as_the_value() -> None:
    items = [{"price": "p1", "tax": {"rates": ["a", "b"]}, "gone": None}]
    assert unquote(written(items, "deepObject")) == (
        "color[0][price]=p1&color[0][tax][rates][0]=a&color[0][tax][rates][1]=b"
    )


def test_it_keeps_a_delimiter_inside_a_value_apart() -> None:
    assert written(["a,b", "c"], "comma") == "color=a%2Cb,c"


@pytest.mark.parametrize("style", ["form", "comma", "space", "pipe"])
def test_it_refuses_what_is_nested_where_the_style_has_no_words_for_it(style: str) -> None:
    with pytest.raises(Invalid):
        written([["blue"]], style)


@pytest.mark.parametrize("style", ["comma", "space", "pipe"])
def test_it_writes_nothing_for_a_list_of_nothing_and_leaves_nulls_of_an_object_out(style: str) -> None:
    assert written([], style) == ""
    assert written({"R": None}, style) == ""


def test_it_writes_simple_path_segments() -> None:
    assert segment("color", ARRAY, "comma") == "blue,black,brown"
    assert segment("color", OBJECT, "comma") == "R,100,G,200,B,150"
    assert segment("color", "blue", "comma") == "blue"
    assert segment("color", [1], "json") == "%5B1%5D"


def test_it_keeps_the_slashes_of_a_name_of_several_segments() -> None:
    assert segment("name", "projects/p 1/topics/t?2", "segments") == "projects/p%201/topics/t%3F2"


@pytest.mark.parametrize("value", ["projects//p1", "/projects", "projects/../p1", "projects/.", "projects/", ["a"]])
def test_it_refuses_segments_that_would_lead_elsewhere(value: Any) -> None:
    with pytest.raises(Invalid):
        segment("name", value, "segments")


@pytest.mark.parametrize("value", [["a", ".."], ["."], [""], {"..": 1}, [], {}, {"a": None}])
def test_it_refuses_a_segment_that_would_climb(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        segment("color", value, "comma")
    assert [fault.path for fault in refused.value.faults] == ["$.color"]
