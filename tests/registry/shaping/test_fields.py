import json

import pytest
from hypothesis import given

from registry.shaping.fields import check_fields, project
from tests.registry.shaping.values import json_values

PAGE = {
    "total": 2,
    "items": [
        {"name": "Ada", "id": 1, "owner": {"email": "ada@example.com", "role": "owner"}, "odd.name": True},
        {"id": 2, "owner": None},
    ],
    "debug": {"took": 12},
}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        (["total"], {"total": 2}),
        (["items[*].id"], {"items": [{"id": 1}, {"id": 2}]}),
        (["items.id"], {"items": [{"id": 1}, {"id": 2}]}),
        (["items[*].owner.email"], {"items": [{"owner": {"email": "ada@example.com"}}, {}]}),
        (['items."odd.name"'], {"items": [{"odd.name": True}, {}]}),
        (["debug", "debug.took"], {"debug": {"took": 12}}),
        (["debug.took", "debug"], {"debug": {"took": 12}}),
        (["nothing", "items.nothing"], {"items": [{}, {}]}),
        (["total.of.what"], {}),
    ],
)
def test_it_keeps_what_is_named_at_its_place(fields: list[str], found: object) -> None:
    assert check_fields(fields) == []
    assert project(PAGE, fields) == found


def test_it_keeps_one_order_whatever_was_asked_or_answered_first() -> None:
    turned = {"items": [dict(reversed(PAGE["items"][0].items()))], "total": 2}  # type: ignore[index]
    first = project(PAGE, ["items.name", "total", "items.id"])
    assert json.dumps(first) == '{"items": [{"id": 1, "name": "Ada"}, {"id": 2}], "total": 2}'
    assert json.dumps(project(turned, ["total", "items.id", "items.name"])) == (
        '{"items": [{"id": 1, "name": "Ada"}], "total": 2}'
    )


def test_it_reads_an_answer_that_is_an_array() -> None:
    assert project([{"id": 1, "x": 2}, "loose", {"id": 3}], ["[*].id"]) == [{"id": 1}, {"id": 3}]


@pytest.mark.parametrize("value", ["plain text", 7, None, True])
def test_it_leaves_alone_what_has_no_fields(value: object) -> None:
    assert project(value, ["id"]) == value


@pytest.mark.parametrize(
    ("field", "at"),
    [
        ("", 1),
        ("a..b", 3),
        (".a", 1),
        ("a.", 3),
        ("a[0]", 2),
        ("a[*", 2),
        ("a b", 2),
        ('"a', 1),
        ("$.a", None),
        ('"\\x".a', 1),
        ("[*]", 1),
    ],
)
def test_it_says_where_a_path_ends_to_be_one(field: str, at: int | None) -> None:
    faults = check_fields(["id", field])
    if at is None:
        assert faults == []
    else:
        hint = f"This is no path from character {at} on. Write names with dots: `items[*].name`."
        assert [(fault.path, fault.message) for fault in faults] == [("$.fields[1]", hint)]


@pytest.mark.parametrize(
    ("fields", "path"),
    [([], "$.fields"), (["a"] * 101, "$.fields"), (["a" * 301], "$.fields[0]"), ([".".join("a" * 21)], "$.fields[0]")],
)
def test_it_takes_no_more_than_it_can_work_with(fields: list[str], path: str) -> None:
    assert [fault.path for fault in check_fields(fields)] == [path]


@given(json_values)
def test_it_never_makes_up_anything(value: object) -> None:
    once = project(value, ["a", "b.c", "items[*].name"])
    assert project(once, ["a", "b.c", "items[*].name"]) == once
