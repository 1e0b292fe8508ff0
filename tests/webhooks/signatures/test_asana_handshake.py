"""Asana sends the secret itself, once, and expects it back."""

from datetime import UTC, datetime

from webhooks.signatures.challenge import Reply, challenge_of
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named

NOW = datetime(2026, 11, 20, 9, 14, 28, tzinfo=UTC)
SECRET = "b537207f20cbfa02357cf448134da559"
EVENTS = b'{"events": []}'


def answer(*headers: tuple[str, str], secrets: tuple[str, ...] = ()) -> Reply | None:
    asana = scheme_named("asana")
    assert asana is not None
    received = Received("POST", "https://hooks.acme.example/hooks/1/", headers, EVENTS, NOW)
    return challenge_of(asana, received, secrets, {}, now=NOW)


def test_it_keeps_the_secret_and_sends_it_back() -> None:
    reply = answer(("X-Hook-Secret", SECRET))

    assert reply is not None
    assert (reply.status, reply.headers, reply.body) == (200, (("X-Hook-Secret", SECRET),), b"")
    assert (reply.keep, reply.show) == (SECRET, False)


def test_it_takes_no_other_secret_once_it_has_one() -> None:
    assert answer(("X-Hook-Secret", "of somebody else"), secrets=(SECRET,)) is None


def test_an_event_is_no_handshake() -> None:
    assert answer(("X-Hook-Signature", "0" * 64), secrets=(SECRET,)) is None
