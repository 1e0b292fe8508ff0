"""What a route makes of an event, and what of that may be stored."""

from typing import Any

import pytest

from accounts.errors import Invalid
from integrations.redaction import KnownSecrets
from integrations.redaction.policy import DEFAULT_REDACTION
from webhooks.events.document import Document
from webhooks.events.signs import Signs
from webhooks.models import WebhookRoute
from webhooks.routing.fill import fill, order_key

SECRET = "it is a secret to everybody"
BODY: dict[str, Any] = {
    "id": "evt_1",
    "customer": {"id": 7, "email": "ada@acme.example", "api_key": "k-1"},
    "none": None,
    "yes": True,
}


def document(body: Any = None) -> Document:
    plain = {"type": "paid", "headers": {}, "query": {}, "body": BODY if body is None else body}
    return Document(plain, DEFAULT_REDACTION.stored, Signs(), KnownSecrets((SECRET,)))


def route(**facts: Any) -> WebhookRoute:
    return WebhookRoute(slug="to-crm", **facts)


def faults(facts: dict[str, Any], body: Any = None) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        fill(route(**facts), document(body))
    return [(fault.path, fault.message) for fault in refused.value.faults]


def test_without_a_template_the_input_is_the_body() -> None:
    assert fill(route(), document()).input == BODY


def test_what_is_masked_in_the_event_is_masked_in_what_is_stored_of_the_input() -> None:
    made = fill(route(input={"note": "Key {{ body.customer.api_key }}", "who": "{{ body.customer }}"}), document())
    assert made.input == {"note": "Key k-1", "who": BODY["customer"]}
    assert made.masked == {
        "note": "Key [redacted:field]",
        "who": {"id": 7, "email": "[redacted:email]", "api_key": "[redacted:field]"},
    }


def test_all_is_masked_where_the_template_does_not_suit_the_masked_event() -> None:
    made = fill(route(input={"sum": "{{ sum([body.password]) }}"}), document({"password": 12345}))
    assert (made.input, made.masked) == ({"sum": 12345}, {"[redacted:field]": "[redacted:field]"})


@pytest.mark.parametrize("body", ["text", ["list"], 5])
def test_a_body_that_is_no_object_needs_a_template(body: Any) -> None:
    [(path, said)] = faults({}, body)
    assert (path, said[:35]) == ("$.input", "The event's body is no object. Writ")


def test_a_template_has_to_make_an_object() -> None:
    [(path, said)] = faults({"input": "{{ body.id }}"})
    assert (path, said[:40]) == ("$.input", "What this makes of the event is no objec")


def test_it_makes_no_input_that_is_too_large() -> None:
    [(path, said)] = faults({"input": {"a": ["{{ body }}"] * 50}}, {"text": "x" * 100_000})
    assert (path, said) == ("$.input", "This makes more than 2,000,000 bytes. Map less.")


@pytest.mark.parametrize(
    ("expression", "end_user"), [("", ""), ("body.customer.id", "7"), ("body.customer.email", "ada@acme.example")]
)
def test_it_says_for_whom(expression: str, end_user: str) -> None:
    assert fill(route(end_user=expression), document()).end_user == end_user


@pytest.mark.parametrize(
    "expression", ["body.none", "body.missing", "body.customer", "body.yes", "''", "join('', body)"]
)
def test_it_is_never_for_nobody_where_the_route_names_somebody(expression: str) -> None:
    [(path, _)] = faults({"end_user": expression})
    assert path == "$.end_user"


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("", ""),
        ("body.id", "evt_1"),
        ("body.customer.id", "7"),
        ("[type, body.id]", '["paid", "evt_1"]'),
        ("body.missing", ""),
        ("join('', body)", ""),
    ],
)
def test_it_orders_by(expression: str, key: str) -> None:
    assert order_key(route(ordered_by=expression), document()) == key


def test_a_key_that_may_not_be_stored_or_is_long_is_a_digest() -> None:
    by_email = order_key(route(ordered_by="body.customer.email"), document())
    assert by_email == order_key(route(ordered_by="body.customer.email"), document())
    assert len(by_email) == 64
    assert len(order_key(route(ordered_by="body.long"), document({"long": "x" * 201}))) == 64


def test_nobody_is_called_what_is_a_secret_of_the_source() -> None:
    said = "This finds a secret of the source in the event. Say for whom by something else."
    assert faults({"end_user": "body.who"}, {"who": f"user {SECRET}"}) == [("$.end_user", said)]


def test_a_key_that_holds_a_secret_of_the_source_is_a_digest() -> None:
    assert len(order_key(route(ordered_by="body.who"), document({"who": SECRET}))) == 64
