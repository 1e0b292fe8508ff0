"""What is sent to others a source of the scheme standard-webhooks takes, too: by the rules, and nothing that is not."""

from datetime import UTC, datetime, timedelta

import pytest

from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.verdict import Verdict
from webhooks.signatures.verify import verify
from webhooks.subscriptions.secrets import new_secret
from webhooks.telling.sign import signed_headers

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
BODY = b'{"type":"execution.failed","timestamp":"2026-11-29T12:00:00Z","data":{"code":"timeout"}}'
OLD, NEW = new_secret(), new_secret()


def judged(known: str, *, signed_with: tuple[str, ...] = (NEW,), body: bytes = BODY, late: float = 0) -> Verdict:
    scheme = scheme_named("standard-webhooks")
    assert scheme is not None
    headers = tuple(signed_headers("msg_1", BODY, signed_with, at=NOW).items())
    received = Received("POST", "https://hooks.acme.example/", headers, body, NOW)
    return verify(scheme, received, [known], {}, now=NOW + timedelta(seconds=late))


def test_it_is_valid() -> None:
    assert judged(NEW).valid


@pytest.mark.parametrize("known", [OLD, NEW], ids=["old", "new"])
def test_either_secret_verifies_while_one_takes_the_others_place(known: str) -> None:
    assert judged(known, signed_with=(NEW, OLD)).valid


def test_the_old_secret_verifies_nothing_afterwards() -> None:
    assert (judged(OLD).valid, judged(OLD).reason) == (False, "signature_mismatch")


def test_a_body_that_was_changed_is_not_believed() -> None:
    assert judged(NEW, body=BODY.replace(b"timeout", b"success")).reason == "signature_mismatch"


@pytest.mark.parametrize(("late", "reason"), [(299, ""), (301, "timestamp_stale"), (-301, "timestamp_in_future")])
def test_it_is_good_for_five_minutes(late: float, reason: str) -> None:
    assert judged(NEW, late=late).reason == reason
