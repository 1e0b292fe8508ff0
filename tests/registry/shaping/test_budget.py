import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.json_paths import json_path
from registry.shaping import budget as budget_module
from registry.shaping.budget import FEWEST_TOKENS, Cut, Place, fit
from registry.shaping.order import in_order
from registry.shaping.weight import tokens_of
from tests.registry.shaping.values import json_values

budgets = st.integers(FEWEST_TOKENS, 300)


def test_it_leaves_whole_what_fits() -> None:
    fitted = fit({"name": "Ada", "id": 7}, 100)
    assert (json.dumps(fitted.value), fitted.cuts) == ('{"id": 7, "name": "Ada"}', ())


def test_it_cuts_a_long_array_at_its_end_and_counts_the_rest() -> None:
    fitted = fit({"items": [{"id": number} for number in range(1000)]}, 50)
    kept = len(fitted.value["items"])
    assert fitted.value["items"] == [{"id": number} for number in range(kept)]
    assert fitted.cuts == (Cut(("items",), "items", kept, 1000),)
    assert 10 <= kept <= 20


def test_it_cuts_a_long_text_with_a_mark() -> None:
    fitted = fit("word " * 1000, 30)
    assert fitted.value.startswith("word word")
    assert fitted.value.endswith(" more characters]")
    (cut,) = fitted.cuts
    assert (cut.place, cut.what, cut.of) == ((), "characters", 5000)
    assert fitted.value == ("word " * 1000)[: cut.kept] + f"… [{5000 - cut.kept} more characters]"


def test_it_keeps_small_fields_whole_and_shares_the_rest() -> None:
    fitted = fit({"id": 7, "title": "Report", "body": "b" * 5000, "notes": "n" * 5000}, 100)
    assert (fitted.value["id"], fitted.value["title"]) == (7, "Report")
    assert {cut.place for cut in fitted.cuts} == {("body",), ("notes",)}
    assert abs(len(fitted.value["body"]) - len(fitted.value["notes"])) < 3
    assert tokens_of(fitted.value) >= 95


def test_it_does_not_let_one_item_hide_the_others() -> None:
    documents = [{"title": f"Document {number}", "body": "b" * 20_000} for number in range(6)]
    fitted = fit(documents, 400)
    assert [item["title"] for item in fitted.value] == [f"Document {number}" for number in range(4)]
    assert fitted.cuts[0] == Cut((), "items", 4, 6)


def test_it_leaves_out_fields_when_not_even_their_names_fit() -> None:
    fitted = fit({f"field{number:03}": number for number in range(1000)}, 20)
    (cut,) = fitted.cuts
    assert (cut.place, cut.what, cut.of) == ((), "fields", 1000)
    assert list(fitted.value) == [f"field{number:03}" for number in range(cut.kept)]


def test_it_gives_up_a_number_that_is_longer_than_the_budget() -> None:
    fitted = fit(10**100, FEWEST_TOKENS)
    assert (fitted.value, fitted.cuts) == (None, (Cut((), "value", 0, 1),))


def test_it_tells_the_first_cuts_and_counts_the_others() -> None:
    fitted = fit({f"f{number}": "x" * 500 for number in range(50)}, 300)
    assert (len(fitted.cuts), fitted.more_cuts) == (20, 30)


def test_it_tells_a_cut_with_the_path_to_it() -> None:
    (cut,) = fit({"a b": [1, "x" * 500]}, 40).cuts
    assert cut.as_told() == {"path": '$["a b"][1]', "what": "characters", "kept": cut.kept, "of": 500}


def test_it_writes_no_paths_to_cuts_that_it_only_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Place] = []

    def counted(place: Place) -> str:
        written.append(place)
        return json_path(place)

    monkeypatch.setattr(budget_module, "json_path", counted)
    fitted = fit({"all": {f"f{number:04}": "x" * 100 for number in range(6000)}}, 100_000)
    told = [cut.as_told()["path"] for cut in fitted.cuts]
    assert told == [f"$.all.f{number:04}" for number in range(20)]
    assert (fitted.more_cuts, len(written)) == (5980, 20)


def test_it_does_not_care_in_which_order_the_fields_came() -> None:
    value = {"a": "x" * 100, "bb": list(range(100)), "ccc": {"d": "y" * 100, "e": 1}}
    turned = {name: value[name] for name in reversed(value)}
    assert json.dumps(fit(value, 40).value) == json.dumps(fit(turned, 40).value)


def kind(value: object) -> type:
    return int if isinstance(value, float) else type(value)


def is_part_of(part: Any, whole: Any) -> bool:
    """Of the same shape: nothing was added or moved."""
    if isinstance(whole, dict):
        return isinstance(part, dict) and all(is_part_of(part[name], whole[name]) for name in part)
    if isinstance(whole, list):
        pairs = zip(part, whole, strict=False)
        return isinstance(part, list) and len(part) <= len(whole) and all(is_part_of(a, b) for a, b in pairs)
    if isinstance(whole, str):
        return isinstance(part, str) and (part == whole or whole.startswith(part.rpartition("…")[0]))
    return part is whole or part == whole


@settings(max_examples=300, deadline=None)
@given(json_values, budgets)
@example([[[["x" * 100] * 9] * 9] * 9], 20)
@example({"k" * 200: 1, "a": "b" * 300}, 16)
@example(["\n" * 100, "\u4f60" * 100, "🙂" * 100], 40)
def test_it_always_fits_and_stays_a_part_of_the_answer(value: Any, budget: int) -> None:
    fitted = fit(value, budget)
    assert tokens_of(fitted.value) <= budget
    assert json.loads(json.dumps(fitted.value)) == fitted.value
    assert is_part_of(fitted.value, value)
    assert bool(fitted.cuts) == (tokens_of(value) > budget)
    if not fitted.cuts:
        assert json.dumps(fitted.value) == json.dumps(in_order(value))


@settings(max_examples=200, deadline=None)
@given(json_values, budgets)
def test_it_is_the_same_every_time_and_when_it_is_cut_again(value: Any, budget: int) -> None:
    once = fit(value, budget)
    assert fit(value, budget) == once
    again = fit(once.value, budget)
    assert (json.dumps(again.value), again.cuts) == (json.dumps(once.value), ())


def test_it_works_no_more_for_a_longer_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(list[Any]):
        read = 0

        def __getitem__(self, index: Any) -> Any:
            return super().__getitem__(index)

        def __iter__(self) -> Any:
            for item in super().__iter__():
                type(self).read += 1
                yield item

    fit({"items": Watched([{"id": number} for number in range(1_000_000)])}, 50)
    assert Watched.read < 1000
