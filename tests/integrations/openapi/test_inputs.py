from typing import Any

import pytest

from integrations.openapi.inputs import BUDGET, MOST_FIELDS
from tests.integrations.openapi.described import body, converted, skipped

WORDS = "These words say much more about the field than anybody would ever want to read in a tool. "


def made(schema: Any, **components: Any) -> tuple[dict[str, Any], bool]:
    """The action, and whether something was left out of it."""
    result = converted({"/a": {"post": body(schema)}}, components={"schemas": components})
    return result.document["actions"]["post-a"], bool(result.report.cut)


def nested(levels: int, width: int) -> dict[str, Any]:
    inner = {f"p{n}": nested(levels - 1, width) for n in range(width)} if levels else {}
    return {"type": "object", "description": WORDS, "properties": {**inner, "leaf": {"type": "string"}}}


def test_it_tells_everything_where_that_is_little() -> None:
    action, is_cut = made(nested(2, 2))
    assert action["parameters"]["p1"]["properties"]["p1"]["properties"] == {"leaf": {"type": "string"}}
    assert not is_cut


@pytest.mark.parametrize(("levels", "width"), [(3, 6), (4, 6), (2, 40), (1, 150)])
def test_it_tells_less_of_what_would_be_too_much_for_a_model(levels: int, width: int) -> None:
    action, is_cut = made(nested(levels, width))
    assert is_cut
    assert len(str(action["parameters"])) < 2 * BUDGET
    assert "p0" in action["parameters"]


def test_it_says_which_fields_the_objects_have_that_it_cuts() -> None:
    action, _ = made({"properties": {f"part{n}": nested(2, 10) for n in range(4)}})
    assert "Fields: p0, p1" in str(action["parameters"]["part0"])


def test_it_puts_required_fields_first_and_keeps_them() -> None:
    properties = {f"p{n}": {"type": "string"} for n in range(MOST_FIELDS + 50)}
    action, is_cut = made({"properties": properties, "required": ["p249"]})
    assert next(iter(action["parameters"])) == "p249"
    assert len(action["parameters"]) == MOST_FIELDS
    assert is_cut


def test_it_skips_what_is_too_large_with_the_least_detail() -> None:
    properties = {f"{'p' * 60}{n}": {"type": "string", "enum": ["x" * 400, "y" * 400]} for n in range(MOST_FIELDS)}
    reason, sentence = skipped(body({"properties": properties}), method="post")
    assert (reason, sentence) == ("too_large", "What it takes comes to more than 60,000 characters.")
