"""Which routes an event takes, and what is said of each."""

from typing import Any

import pytest

from accounts.ids import new_id
from webhooks.models import WebhookRoute
from webhooks.routing.match import look, look_through, names_type

BILLING, OTHER = new_id(), new_id()
EVENT: dict[str, Any] = {
    "type": "invoice.paid",
    "headers": {"x-shop": "acme"},
    "body": {"amount": 4200, "currency": "eur", "lines": [{"sku": "a"}, {"sku": "b"}, {}], "none": []},
}


def route(slug: str = "to-crm", **facts: Any) -> WebhookRoute:
    return WebhookRoute(slug=slug, **facts)


def when(path: str, op: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"conditions": [{"path": path, "op": op, "value": value, **more}]}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "It takes every event."),
        ({"source_id": BILLING}, "Matched by its source."),
        ({"event_types": ["invoice.*"]}, "Matched by its type."),
        (when("$.body.amount", "gt", 1000), "Matched by its conditions."),
        (
            {"source_id": BILLING, "event_types": ["invoice.paid"], **when("$.headers['x-shop']", "eq", "acme")},
            "Matched by its source, its type, its conditions.",
        ),
        (when("$.body.vat", "exists", False), "Matched by its conditions."),
    ],
)
def test_it_matches(facts: dict[str, Any], reason: str) -> None:
    found = look(route(**facts), BILLING, EVENT)
    assert (found.matched, found.reason) == (True, reason)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"enabled": False}, "It is disabled."),
        ({"source_id": OTHER}, "It is for another source."),
        ({"event_types": ["customer.*", "refund"]}, "It is for the type `customer.*`, `refund`."),
        ({"event_types": list("abcdef")}, "It is for the type `a`, `b`, `c`, `d` or 2 more."),
        (when("$.body.amount", "gt", 5000), "`$.body.amount` > `5000`: this does not hold."),
        (when("$.body.amount", "lt", 5000, **{"not": True}), "`$.body.amount` is not < `5000`: this does not hold."),
        (when("$.body.vat", "eq", 1), "`$.body.vat` = `1`: there is nothing at this path."),
        (when("$.body.vat", "exists", True), "`$.body.vat` is there: this does not hold."),
        (
            when("$.body.amount", "eq", "4200"),
            "`$.body.amount` = `4200`: this cannot be told, because a value is of another kind, or too long.",
        ),
        (when("$.body.lines[*].sku", "eq", "a"), "`$.body.lines[*].sku` = `a`: there is nothing at this path."),
        (when("$.body.none[*]", "eq", 1), "`$.body.none[*]` = `1`: there is nothing at this path."),
    ],
)
def test_it_says_why_it_does_not_match(facts: dict[str, Any], reason: str) -> None:
    found = look(route(**facts), BILLING, EVENT)
    assert (found.matched, found.reason) == (False, reason)


def test_it_wants_all_values_that_a_path_leads_to() -> None:
    event = {**EVENT, "body": [{"sku": "a"}, {"sku": "b"}]}
    found = look(route(**when("$.body[*].sku", "eq", "a")), BILLING, event)
    assert found.reason == "`$.body[*].sku` = `a`: this does not hold for all of them."


def test_it_does_not_look_at_more_than_it_can() -> None:
    event = {**EVENT, "body": list(range(1_000_000))}
    found = look(route(**when("$.body[*]", "ge", 0)), BILLING, event)
    assert found.reason == "`$.body[*]` ≥ `0`: its path leads to more than 1,000 values."


def test_it_says_that_an_event_has_no_type() -> None:
    found = look(route(event_types=["invoice.*"]), BILLING, {**EVENT, "type": ""})
    assert found.reason == "It is for the type `invoice.*`, and the event has no type."


def test_it_stops_behind_a_match_that_does_not_go_on() -> None:
    routes = [route("off", enabled=False, goes_on=False), route("first", goes_on=False), route("second")]
    assert [each.as_json() for each in look_through(routes, BILLING, EVENT)] == [
        {"route": str(routes[0].id), "slug": "off", "matched": False, "reason": "It is disabled."},
        {"route": str(routes[1].id), "slug": "first", "matched": True, "reason": "It takes every event."},
        {
            "route": str(routes[2].id),
            "slug": "second",
            "matched": False,
            "reason": "It was not looked at: `first` took the event and does not go on.",
        },
    ]


def test_it_goes_on_otherwise() -> None:
    found = look_through([route("first"), route("second")], BILLING, EVENT)
    assert [each.matched for each in found] == [True, True]


@pytest.mark.parametrize(
    ("words", "fits"),
    [
        ([], True),
        (["*"], True),
        (["invoice.paid"], True),
        (["invoice.*"], True),
        (["invoice.pai?"], True),
        (["INVOICE.PAID"], False),
        (["invoice"], False),
        (["invoice.[p]aid"], False),
    ],
)
def test_it_knows_wildcards(words: list[str], fits: bool) -> None:
    assert names_type(words, "invoice.paid") is fits
