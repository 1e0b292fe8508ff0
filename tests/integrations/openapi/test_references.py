import pytest

from integrations.openapi.references import Dangling, References, reference_of

ROOT = {
    "a": {"$ref": "#/b"},
    "b": {"x": 1},
    "list": [{"y": 2}],
    "a/b": {"~": {"z": 3}},
    "loop": {"$ref": "#/pool"},
    "pool": {"$ref": "#/loop"},
    "self": {"$ref": "#/self"},
}


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("#/b", {"x": 1}),
        ("#/a", {"x": 1}),
        ("#/list/0", {"y": 2}),
        ("#/a~1b/~0", {"z": 3}),
        ("#/a%7E1b/~0/z", 3),
        ("#", ROOT),
    ],
)
def test_it_follows_to_the_end(reference: str, found: object) -> None:
    assert References(ROOT).follow({"$ref": reference}) == found


@pytest.mark.parametrize("reference", ["#/nothing", "#/list/7", "#/list/x", "#/b/x/y", "other.yaml", "#b"])
def test_it_says_where_a_reference_leads_nowhere(reference: str) -> None:
    references = References(ROOT)
    for _ in range(2):
        with pytest.raises(Dangling, match=reference):
            references.follow({"$ref": reference})


@pytest.mark.parametrize("reference", ["#/loop", "#/self"])
def test_it_gives_up_on_a_circle(reference: str) -> None:
    with pytest.raises(Dangling, match="circle"):
        References(ROOT).follow({"$ref": reference})


def test_it_lays_what_stands_beside_a_reference_over_it() -> None:
    assert References(ROOT).follow({"$ref": "#/b", "description": "Here"}) == {"x": 1, "description": "Here"}


def test_it_takes_a_property_called_ref_for_no_reference() -> None:
    assert reference_of({"$ref": {"type": "string"}}) is None
    assert References(ROOT).follow({"$ref": {"type": "string"}}) == {"$ref": {"type": "string"}}
