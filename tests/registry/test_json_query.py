"""Paths that anybody may write, over documents that anybody may send."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpath import JSONPathEnvironment

from registry.json_query import LONGEST_PATH, MOST_STEPS, BadPath, NothingThere, TooMuchToRead, read_query

SHOP: Any = {
    "name": "corner",
    "open": True,
    "items": [
        {"id": 1, "price": 8.5, "tags": ["new"], "seller": {"id": "ada"}},
        {"id": 2, "price": 20, "tags": []},
        {"id": 3, "price": 12, "note": None, "seller": {"id": "bob"}},
    ],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", SHOP),
        ("$.name", "corner"),
        ("$.items[0].id", 1),
        ("$.items[-1]['seller'].id", "bob"),
        ("$.items[2].note", None),
        ('$["items"][1].tags', []),
    ],
)
def test_it_gives_the_value_of_a_singular_path(path: str, value: Any) -> None:
    query = read_query(path)
    assert (query.singular, query.value(SHOP)) == (True, value)


@pytest.mark.parametrize("path", ["$.nothing", "$.items[3]", "$.items.id", "$.name[0]", "$[0]", "$.items[-4]"])
def test_it_says_when_a_singular_path_leads_nowhere(path: str) -> None:
    with pytest.raises(NothingThere):
        read_query(path).value(SHOP)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.items[*].id", [1, 2, 3]),
        ("$.items[1:].id", [2, 3]),
        ("$.items[::-1].id", [3, 2, 1]),
        ("$.items[::0].id", []),
        ("$.name[0:2]", []),
        ("$..id", [1, "ada", 2, 3, "bob"]),
        ("$..nothing", []),
        ("$..[0].id", [1]),
        ("$.items[*][-1]", []),
        ("$.items[?@.seller].id", [1, 3]),
        ("$.items[?!@.seller].id", [2]),
        ("$.items[?@.price < 10].id", [1]),
        ("$.items[?10 >= @.price].id", [1]),
        ("$.items[?@.price > 10 && @.seller.id == 'bob'].id", [3]),
        ("$.items[?@.id == 1 || @.tags[0] == 'new'].id", [1]),
        ("$.items[?@.seller.id != 'ada'].id", [2, 3]),
        ("$.items[?@.note == null].id", [3]),
        ("$.items[?@.note <= null].id", [3]),
        ("$.items[?@.note < null].id", []),
        ("$.items[?@.id == true].id", []),
        ("$[?@ == true]", [True]),
        ("$.items[0].tags[?@ > 'a']", ["new"]),
    ],
)
def test_it_gives_the_list_of_all_values_of_another_path(path: str, values: list[Any]) -> None:
    query = read_query(path)
    assert (query.singular, query.value(SHOP)) == (False, values)


@pytest.mark.parametrize(
    ("path", "because"),
    [
        ("", "This is not a JSON path"),
        ("items", "This is not a JSON path"),
        ("$.", "This is not a JSON path"),
        ("$[", "This is not a JSON path"),
        (" $.a", "This is not a JSON path"),
        ("$.a | $.b", "This is not a JSON path"),
        ("$.~a", "This is not a JSON path"),
        ("$[?@.a == '\x00']", "This is not a JSON path"),
        ("$[9007199254740993]", "This is not a JSON path"),
        ("$" + ".a" * LONGEST_PATH, "This path is longer than 500 characters"),
        ("$" + ".a" * 33, "This path has more than 32 segments"),
        ("$..a..b", "This path has `..` more than once"),
        ("$['a','b']", "A bracket of this path holds several selectors"),
        ("$[?match(@.a, '(a+)+b')]", "A filter of this path does more than it may"),
        ("$[?count(@..*) > 1]", "A filter of this path does more than it may"),
        ("$[?@.a == $.b]", "A filter of this path does more than it may"),
        ("$[?@.a == @.b]", "A filter of this path does more than it may"),
        ("$[?@..a]", "A filter of this path does more than it may"),
        ("$[?@[?@.a]]", "A filter of this path does more than it may"),
        ("$[?'a' == 'a']", "A filter of this path does more than it may"),
    ],
)
def test_it_refuses_what_is_no_path_and_what_could_take_for_ever(path: str, because: str) -> None:
    with pytest.raises(BadPath) as refused:
        read_query(path)
    assert str(refused.value).startswith(because)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("path", ["$..*", "$[*][*]", "$[*][?@.a > 1]", "$..[?@ == 1]"])
def test_it_gives_up_on_a_document_that_is_too_large(path: str) -> None:
    rows = [[{"a": 1}] * 100] * (MOST_STEPS // 100)
    with pytest.raises(TooMuchToRead):
        read_query(path).value(rows)


def test_it_walks_the_deepest_document() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    assert read_query("$..[?@ == 1]").value(deep) == [1]


def test_it_takes_a_filter_of_many_brackets() -> None:
    assert read_query("$[?" + "(" * 240 + "@" + ")" * 240 + "]").value([1]) == [1]


NAMES = st.sampled_from(["a", "b", "c"])
# Without strings: the library slices them, which RFC 9535, 2.3.4.2.2 does not.
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 2.5]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=20,
)
CONSTANTS = st.sampled_from(["1", "-2", "2.5", "null", "true", "'a'"])
PLACES = st.sampled_from(["@", "@.a", "@.b.c", "@[0]"])
# The library puts true and false in order with numbers, which RFC 9535, 2.3.5.2.2 does not.
ORDERED = st.sampled_from(["1", "-2", "2.5", "'a'"])
COMPARISONS = st.builds("{} {} {}".format, PLACES, st.sampled_from(["==", "!="]), CONSTANTS) | st.builds(
    "{} {} {}".format, PLACES, st.sampled_from(["<", "<=", ">", ">="]), ORDERED
)
TESTS = st.recursive(
    PLACES | COMPARISONS,
    lambda inner: st.builds("({}) && ({})".format, inner, inner) | st.builds("({}) || !({})".format, inner, inner),
    max_leaves=3,
)
BRACKETS = st.one_of(
    st.sampled_from(["[*]", "[0]", "[-1]", "[1:]", "[::2]", "[::-1]", "['a']"]), TESTS.map("[?{}]".format)
)
PATHS = st.builds(
    lambda before, deep, after: "$" + "".join(before) + deep + "".join(after),
    st.lists(BRACKETS, max_size=2),
    st.sampled_from(["", "..a", "..[0]", "..*"]),
    st.lists(BRACKETS, max_size=2),
)


@settings(deadline=None)
@given(PATHS, DOCUMENTS)
def test_it_finds_what_the_library_finds(path: str, document: Any) -> None:
    query = read_query(path)
    expected = JSONPathEnvironment(strict=True).compile(path).findall(document)
    try:
        found = query.value(document)
    except NothingThere:
        found = []
    else:
        found = [found] if query.singular else found
    assert repr(found) == repr(expected)
