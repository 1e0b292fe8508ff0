"""Every request that a provider published, or that its own library made, is believed; spoiled ones are not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from integrations.redaction import KnownSecrets
from tests.webhooks.signatures.other_keys import other_secret
from tests.webhooks.signatures.spoiling import headers_of, signature_of, spoiled
from tests.webhooks.signatures.vector_files import Vector, Vectors, all_vectors, by_scheme, with_header
from webhooks.receiving.columns import as_column
from webhooks.signatures.event import event_of
from webhooks.signatures.keys import scheme_secret_fault
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_names
from webhooks.signatures.timestamps import read_timestamp
from webhooks.signatures.types import Method, Timestamp
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
NOTICED = ("", Reason.SIGNATURE_MISMATCH, Reason.BODY_DIGEST_MISMATCH, Reason.BODY_DIGEST_MISSING)

# Thousands of requests: one by one where they are good, by scheme where they are spoiled.
each_vector = pytest.mark.parametrize("vector", all_vectors(), ids=str)
each_scheme = pytest.mark.parametrize("vectors", by_scheme(), ids=lambda vectors: vectors[0].scheme.slug)


@pytest.mark.parametrize("slug", [slug for slug in scheme_names() if slug not in UNSEEN])
def test_there_is_a_request_of_every_scheme(slug: str) -> None:
    assert any(vector.scheme.slug == slug and vector.source for vector in all_vectors())


@each_vector
def test_it_believes_what_the_provider_signed(vector: Vector) -> None:
    verdict = vector.judged()
    assert (verdict.reason, verdict.detail, verdict.valid) == ("", "", True)


@each_vector
def test_it_names_the_event_as_the_provider_does(vector: Vector) -> None:
    facts = event_of(vector.scheme, vector.received, vector.settings)
    expected = {"id": facts.id, "type": facts.type} | dict(vector.event or {})
    assert {"id": facts.id, "type": facts.type} == expected
    assert [as_column(text, 300, KnownSecrets()) for text in (facts.id or "", facts.type)] == [
        facts.id or "",
        facts.type,
    ]


@each_vector
def test_its_secrets_are_taken_when_they_are_entered(vector: Vector) -> None:
    assert [scheme_secret_fault(vector.scheme, secret) for secret in vector.secrets] == [""] * len(vector.secrets)


@each_scheme
def test_it_shows_what_the_provider_signed(vectors: Vectors) -> None:
    for vector in vectors:
        verdict, signature = vector.judged(), signature_of(vector)
        assert (verdict.signed is None) is (signature.method is Method.TOKEN), vector
        assert bool(verdict.computed) is (signature.method in (Method.HMAC, Method.DIGEST)), vector


@each_scheme
def test_it_notices_a_changed_body_or_says_that_it_does_not(vectors: Vectors) -> None:
    for vector in vectors:
        more = b"&more=1" if Reading(vector.received).fields else b" "
        verdict = vector.judged(replace(vector.received, body=vector.received.body + more))
        assert verdict.valid is not signature_of(vector).covers_body, vector
        assert verdict.reason in (
            "",
            Reason.SIGNATURE_MISMATCH,
            Reason.BODY_DIGEST_MISMATCH,
            Reason.BODY_DIGEST_MISSING,
        )


@each_scheme
def test_it_refuses_another_secret(vectors: Vectors) -> None:
    for vector in with_secrets(vectors):
        others = tuple(other_secret(vector.scheme, signature_of(vector).method) for _ in vector.secrets)
        assert vector.judged(secrets=others).reason == Reason.SIGNATURE_MISMATCH, vector
        assert vector.judged(secrets=()).reason == Reason.NO_SECRET, vector


@each_scheme
def test_it_tells_which_of_several_secrets_it_was(vectors: Vectors) -> None:
    for vector in with_secrets(vectors):
        other = other_secret(vector.scheme, signature_of(vector).method)
        found = vector.judged(secrets=(other, *vector.secrets)).secret_index
        assert found in range(1, len(vector.secrets) + 1), vector


def with_secrets(vectors: Vectors) -> list[Vector]:
    """Those whose key is in no certificate."""
    return [vector for vector in vectors if vector.secrets]


@each_scheme
def test_it_refuses_what_is_stale_or_from_the_future(vectors: Vectors) -> None:
    for vector in vectors:
        for shift, expected in moments(signature_of(vector).timestamp):
            assert vector.judged(at=signed_at(vector) + timedelta(seconds=shift)).reason == expected, vector


def moments(timestamp: Timestamp | None) -> Iterator[tuple[int, str]]:
    """Seconds after it was signed, and what is said then."""
    if timestamp and timestamp.past_seconds:
        yield timestamp.past_seconds, ""
        yield timestamp.past_seconds + 1, Reason.TIMESTAMP_STALE
    if timestamp and timestamp.future_seconds:
        yield -timestamp.future_seconds, ""
        yield -timestamp.future_seconds - 1, Reason.TIMESTAMP_IN_FUTURE


def signed_at(vector: Vector) -> datetime:
    signature = signature_of(vector)
    assert signature.timestamp is not None
    text = values_of(signature, Reading(vector.received))[signature.timestamp.value]
    found = read_timestamp(text, signature.timestamp.unit)
    assert found is not None
    return found


@each_scheme
def test_it_refuses_a_signature_that_is_not_there(vectors: Vectors) -> None:
    for vector in vectors:
        verdict = vector.judged(spoiled(vector))
        assert (verdict.valid, verdict.reason) == (False, Reason.SIGNATURE_MISSING), vector


@each_scheme
def test_it_refuses_the_signature_of_another_request(vectors: Vectors) -> None:
    for vector in vectors:
        for other in swaps(vector, vectors):
            assert not vector.judged(other).valid, vector


def swaps(vector: Vector, vectors: Vectors) -> Iterator[Received]:
    """A neighbour's signature, and a value of the request's own that is none."""
    names = headers_of(vector)
    own = {value for name, value in vector.received.headers if name in names}
    for neighbour in vectors:
        theirs = [value for name, value in neighbour.received.headers if name in names and value not in own]
        if theirs and neighbour.received.body != vector.received.body:
            yield spoiled(vector, *theirs[:1])
    yield spoiled(vector, vector.received.method)


@each_scheme
def test_it_refuses_a_header_that_is_there_twice(vectors: Vectors) -> None:
    for vector in vectors:
        for name in headers_of(vector):
            value = next(value for each, value in vector.received.headers if each == name)
            for other in (value, "00"):
                verdict = vector.judged(with_header(vector.received, name, value, other))
                assert (verdict.valid, verdict.reason) == (False, Reason.SIGNATURE_DUPLICATED), vector


@each_scheme
def test_it_refuses_what_is_no_signature(vectors: Vectors) -> None:
    for vector in vectors:
        for garbage in GARBAGE:
            verdict = vector.judged(spoiled(vector, garbage))
            assert not verdict.valid, vector
            assert verdict.reason in REFUSALS, vector
