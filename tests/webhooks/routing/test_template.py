"""Input templates: `{{ … }}` in the strings of a JSON value."""

from typing import Any

import pytest

from accounts.errors import Invalid
from webhooks.routing.template import (
    LONGEST_TEMPLATE,
    MOST_EXPRESSIONS,
    check_template,
    fill_template,
    is_one_expression,
)

EVENT = {
    "type": "invoice.paid",
    "body": {"id": 7, "customer": {"name": "Ada", "vat": None}, "lines": [1, 2], "paid": True},
}


def filled(template: Any) -> Any:
    return fill_template(template, EVENT, "$.input")


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("plain", "plain"),
        ("", ""),
        (5, 5),
        (None, None),
        ("{{ body.id }}", 7),
        ("{{body.lines}}", [1, 2]),
        ("{{ body }}", EVENT["body"]),
        ("{{ body.none }}", None),
        ("Invoice {{ body.id }} of {{ body.customer.name }} is paid", "Invoice 7 of Ada is paid"),
        ("{{ body.customer.name }}{{ body.none }}!", "Ada!"),
        ("{{ body.paid }}, {{ body.lines }}", "true, [1, 2]"),
        ("{{ join('}} ', ['a', 'b']) }}", "a}} b"),
        ("{{ {name: body.customer.name, vat: body.customer.vat} }}", {"name": "Ada"}),
        ("{{ body.customer }}", {"name": "Ada", "vat": None}),
        ("{{ '{{' }}", "{{"),
        ('{{ `"}}"` }} {{ "type" }}', "}} invoice.paid"),
        (
            {"a": {"b": ["{{ body.id }}", "{{ body.none }}"]}, "c": "{{ body.none }}", "d": None},
            {"a": {"b": [7]}, "d": None},
        ),
    ],
)
def test_it_fills(template: Any, made: Any) -> None:
    assert filled(template) == made


def test_it_says_what_does_not_suit_the_event() -> None:
    with pytest.raises(Invalid) as refused:
        filled({"text": {"to": "{{ join(' ', body.lines) }}"}})
    [fault] = refused.value.faults
    assert fault.path == "$.input.text.to"
    assert fault.message == "For this event, `join` was given int, and takes array-string."


def test_it_gives_up_what_is_too_much_work() -> None:
    with pytest.raises(Invalid, match="does not suit"):
        fill_template("{{ [@, @] | [@, @] | [@, @] | [@, @] | [@, @] | [@, @] }}", [0] * 100_000, "$.input")


@pytest.mark.parametrize(
    ("template", "path", "said"),
    [
        ({"a": "{{ body.id"}, "$.input.a", "A `{{` has no `}}` behind it."),
        ({"a": ["{{ 'x }}"]}, "$.input.a[0]", "A `{{` has no `}}` behind it."),
        ("{{ }}", "$.input", "There is nothing between"),
        ("x {{ body. }}", "$.input", "This is no JMESPath expression"),
        ("{{ shout(body) }}", "$.input", "There is no function `shout`."),
        ("x" * LONGEST_TEMPLATE, "$.input", "This is longer than 20,000 characters."),
        (["{{ id }}"] * (MOST_EXPRESSIONS + 1), "$.input", "This holds more than 100 expressions."),
    ],
)
def test_it_says_what_is_wrong_with_a_template(template: Any, path: str, said: str) -> None:
    [fault] = check_template("$.input", template)
    assert (fault.path, fault.message[: len(said)]) == (path, said)


def test_it_finds_nothing_wrong_with_a_good_one() -> None:
    assert check_template("$.input", {"text": "Hello {{ body.name }}", "n": 1, "x": None, "l": [True]}) == []


@pytest.mark.parametrize(
    ("text", "is_one"), [("{{ a }}", True), ("{{a}} ", False), ("a", False), ("{{a}}{{b}}", False)]
)
def test_it_knows_a_string_that_is_one_expression(text: str, is_one: bool) -> None:
    assert is_one_expression(text) is is_one
