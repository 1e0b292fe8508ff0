"""What an event is called."""

import hashlib
import json

import pytest

from tests.webhooks.signatures.written import request, scheme
from webhooks.signatures.event import EventFacts, event_of
from webhooks.signatures.received import Received

READ = scheme(event={"id": [{"header": "X-Id"}, {"json": "id"}], "type": [{"json": "type"}, {"text": "parcel"}]})


def facts(received: Received) -> EventFacts:
    return event_of(READ, received, {})


def test_the_first_that_is_there_counts() -> None:
    assert facts(request(headers={"X-Id": "h-1"})) == EventFacts("h-1", "parcel.sent")
    assert facts(request()) == EventFacts("evt_1", "parcel.sent")
    assert facts(request("{}")) == EventFacts(None, "parcel")


def test_numbers_and_booleans_are_names_and_nothing_else_is() -> None:
    assert facts(request('{"id": 42, "type": true}')) == EventFacts("42", "true")
    assert facts(request('{"id": null, "type": ["a"]}')) == EventFacts(None, "parcel")
    assert facts(request('{"id": "", "type": {}}')) == EventFacts(None, "parcel")


def test_what_is_there_twice_is_no_name() -> None:
    twice = request()
    twice = Received(twice.method, twice.url, (*twice.headers, ("X-Id", "a"), ("x-id", "b")), twice.body, twice.at)
    assert facts(twice).id == "evt_1"


@pytest.mark.parametrize("id_", ["x" * 201, "a\nb", "a\x00b", "é" * 200])
def test_two_ids_never_become_one(id_: str) -> None:
    found = facts(request(json.dumps({"id": id_}))).id
    plain = id_.isprintable() and len(id_) <= 200
    assert found == (id_ if plain else f"sha256:{hashlib.sha256(id_.encode()).hexdigest()}")


def test_an_id_that_is_no_text_is_hashed() -> None:
    digest = hashlib.sha256(b"\xff").hexdigest()
    assert facts(request(headers={"X-Id": "\xff"})).id == f"sha256:{digest}"


def test_a_type_is_short_and_printable() -> None:
    assert facts(request(json.dumps({"type": "a\x00b\n" + "x" * 3_000}))).type == "ab" + "x" * 1_996


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b'{"id": 1e999}', b"9" * 5000, b"<a/>"])
def test_a_body_that_is_no_json_has_no_names(body: bytes) -> None:
    assert facts(request(body)).id is None


def test_settings_that_do_not_fit_name_nothing() -> None:
    assert event_of(READ, request(), {"colour": "red"}) == EventFacts(None, "")
