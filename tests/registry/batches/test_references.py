"""References, found wherever they stand."""

from typing import Any

from accounts.errors import Fault
from registry.batches.references import MOST_REFERENCES, check_number, find_references


def reference(source: str, path: str | None = None) -> dict[str, Any]:
    return {"$from": source} if path is None else {"$from": source, "path": path}


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


def test_it_names_the_place_of_each() -> None:
    value = {"a": [{"b c": reference("x")}], "d": reference("y"), "e": {"$FROM": 1}}
    assert [(found.place, found.source) for found in find_references(value, "$")] == [
        ('$.a[0]["b c"]', "x"),
        ("$.d", "y"),
    ]
