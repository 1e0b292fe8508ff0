"""Every request that a provider published, or that its own library made, is believed; spoiled ones are not."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.webhooks.signatures.other_keys import other_secret
from tests.webhooks.signatures.vector_files import Vector, all_vectors, neighbours, with_header
from webhooks.signatures.conditions import applies
from webhooks.signatures.event import event_of
from webhooks.signatures.fitting import fitted
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_names
from webhooks.signatures.timestamps import read_timestamp
from webhooks.signatures.types import SIGNATURE, Method, Place, Signature, Source
from webhooks.signatures.values import values_of
from webhooks.signatures.verdict import Reason

UNSEEN = ("unsigned",)
"""Schemes that have nothing to show."""

GARBAGE = ("", "!!!", "=", ",", "sha256=", "v1,", "t=,v1=", "0" * 100_000, "ÿþ", "☃", "\ud800", "a\x00b")
REFUSALS = (
    Reason.SIGNATURE_MISSING,
    Reason.SIGNATURE_MALFORMED,
    Reason.SIGNATURE_MISMATCH,
    Reason.TIMESTAMP_MISSING,
    Reason.VALUE_MISSING,
)

each_vector = pytest.mark.parametrize("vector", all_vectors(), ids=str)
each_with_secret = pytest.mark.parametrize("vector", [each for each in all_vectors() if each.secrets], ids=str)


def signature_of(vector: Vector) -> Signature:
    reading = Reading(vector.received)
    return next(each for each in fitted(vector.scheme, vector.settings).signatures if applies(each.when, reading))


def sources_of(vector: Vector) -> list[Source]:
    return list(signature_of(vector).values[SIGNATURE])


def headers_of(vector: Vector) -> list[str]:
    """Those headers of the request that hold a signature."""
    wanted = {source.name.lower() for source in sources_of(vector) if source.place is Place.HEADER}
    return [name for name, _ in vector.received.headers if name.lower() in wanted]


def spoiled(vector: Vector, *values: str) -> Received:
    """With this in place of every signature."""
    received = vector.received
    for name in headers_of(vector):
        received = with_header(received, name, *values)
    for source in sources_of(vector):
        received = replaced(received, source, values[0] if values else None)
    return received


def replaced(received: Received, source: Source, text: str | None) -> Received:
    """A signature that stands in the body or the URL, changed, or taken out."""
    if source.place is Place.QUERY:
        parts = urlsplit(received.url)
        return replace(received, url=parts._replace(query=fields(parts.query, source.name, text)).geturl())
    if source.place is Place.FORM and Reading(received).form(source.name):
        return replace(received, body=fields(received.body.decode(), source.name, text).encode())
    document = Reading(received).document
    if source.place is Place.JSON and put(document, source.name.replace('"', "").split("."), text):
        return replace(received, body=json.dumps(document).encode())
    return received


def fields(encoded: str, name: str, text: str | None) -> str:
    found = [(key, text if key == name else value) for key, value in parse_qsl(encoded, keep_blank_values=True)]
    return urlencode([(key, value) for key, value in found if value is not None], errors="replace")


def put(document: object, path: list[str], text: str | None) -> bool:
    """In every object that has such a path, the document itself or one in it."""
    holders = [found for each in objects(document) if path[-1] in (found := below(each, path[:-1]))]
    for holder in holders:
        holder.pop(path[-1], None) if text is None else holder.update({path[-1]: text})
    return bool(holders)


def objects(document: object) -> Iterator[dict[str, object]]:
    if isinstance(document, dict):
        yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from objects(inner)


def below(each: dict[str, object], names: list[str]) -> dict[str, object]:
    for name in names:
        inner = each.get(name)
        each = inner if isinstance(inner, dict) else {}
    return each


@pytest.mark.parametrize("slug", [slug for slug in scheme_names() if slug not in UNSEEN])
def test_there_is_a_request_of_every_scheme(slug: str) -> None:
    assert any(vector.scheme.slug == slug and vector.source for vector in all_vectors())


@each_vector
def test_it_believes_what_the_provider_signed(vector: Vector) -> None:
    verdict = vector.judged()
    assert (verdict.reason, verdict.detail, verdict.valid) == ("", "", True)


@each_vector
def test_it_shows_what_the_provider_signed(vector: Vector) -> None:
    verdict, signature = vector.judged(), signature_of(vector)
    hidden = signature.method is Method.TOKEN
    assert (verdict.signed is None) is hidden
    assert bool(verdict.computed) is (signature.method in (Method.HMAC, Method.DIGEST))


@each_vector
def test_it_names_the_event_as_the_provider_does(vector: Vector) -> None:
    facts = event_of(vector.scheme, vector.received, vector.settings)
    expected = {"id": facts.id, "type": facts.type} | dict(vector.event or {})
    assert {"id": facts.id, "type": facts.type} == expected


@each_vector
def test_it_notices_a_changed_body_or_says_that_it_does_not(vector: Vector) -> None:
    more = b"&more=1" if Reading(vector.received).fields else b" "
    verdict = vector.judged(replace(vector.received, body=vector.received.body + more))
    assert verdict.valid is not signature_of(vector).covers_body
    assert verdict.reason in ("", Reason.SIGNATURE_MISMATCH, Reason.BODY_DIGEST_MISMATCH, Reason.BODY_DIGEST_MISSING)


@each_with_secret
def test_it_refuses_another_secret(vector: Vector) -> None:
    others = tuple(other_secret(vector.scheme, signature_of(vector).method) for _ in vector.secrets)
    verdict = vector.judged(secrets=others)
    assert (verdict.valid, verdict.reason) == (False, Reason.SIGNATURE_MISMATCH)
    assert vector.judged(secrets=()).reason == Reason.NO_SECRET


@each_with_secret
def test_it_tells_which_of_several_secrets_it_was(vector: Vector) -> None:
    other = other_secret(vector.scheme, signature_of(vector).method)
    assert vector.judged(secrets=(other, *vector.secrets)).secret_index in range(1, len(vector.secrets) + 1)


@pytest.mark.parametrize("vector", [each for each in all_vectors() if signature_of(each).timestamp], ids=str)
def test_it_refuses_what_is_stale_or_from_the_future(vector: Vector) -> None:
    timestamp = signature_of(vector).timestamp
    assert timestamp is not None
    text = values_of(signature_of(vector), Reading(vector.received))[timestamp.value]
    signed_at = read_timestamp(text, timestamp.unit)
    assert signed_at is not None
    if past := timestamp.past_seconds:
        assert vector.judged(at=signed_at + timedelta(seconds=past)).valid
        assert vector.judged(at=signed_at + timedelta(seconds=past + 1)).reason == Reason.TIMESTAMP_STALE
    if future := timestamp.future_seconds:
        assert vector.judged(at=signed_at - timedelta(seconds=future)).valid
        assert vector.judged(at=signed_at - timedelta(seconds=future + 1)).reason == Reason.TIMESTAMP_IN_FUTURE


@each_vector
def test_it_refuses_a_signature_that_is_not_there(vector: Vector) -> None:
    verdict = vector.judged(spoiled(vector))
    assert (verdict.valid, verdict.reason) == (False, Reason.SIGNATURE_MISSING)


@each_vector
def test_it_refuses_the_signature_of_another_request(vector: Vector) -> None:
    for other in swaps(vector):
        assert not vector.judged(other).valid


def swaps(vector: Vector) -> Iterator[Received]:
    """A neighbour's signature, and a value of the request's own that is none."""
    names = headers_of(vector)
    own = {value for name, value in vector.received.headers if name in names}
    for neighbour in neighbours(vector):
        theirs = [value for name, value in neighbour.received.headers if name in names and value not in own]
        if theirs and neighbour.received.body != vector.received.body:
            yield spoiled(vector, *theirs[:1])
    yield spoiled(vector, vector.received.method)


@each_vector
def test_it_refuses_a_header_that_is_there_twice(vector: Vector) -> None:
    for name in headers_of(vector):
        value = next(value for each, value in vector.received.headers if each == name)
        for other in (value, "00"):
            verdict = vector.judged(with_header(vector.received, name, value, other))
            assert (verdict.valid, verdict.reason) == (False, Reason.SIGNATURE_DUPLICATED)


@each_vector
def test_it_refuses_what_is_no_signature(vector: Vector) -> None:
    for garbage in GARBAGE:
        verdict = vector.judged(spoiled(vector, garbage))
        assert not verdict.valid
        assert verdict.reason in REFUSALS
