"""Microsoft Graph: one request holds notifications of several subscriptions, and each has to have the client state."""

import json
from datetime import UTC, datetime

import pytest

from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.verdict import Reason, Verdict
from webhooks.signatures.verify import verify

NOW = datetime(2026, 3, 12, 10, 15, 30, tzinfo=UTC)
RIGHT = {"clientState": "shared with globex", "changeType": "created"}


def verdict_of(*notifications: object) -> Verdict:
    scheme = scheme_named("microsoft-graph")
    assert scheme
    body = json.dumps({"value": notifications}).encode()
    received = Received("POST", "https://hooks.globex.example/hooks/5Yk2mQ9xW7rT/", (), body, NOW)
    return verify(scheme, received, ["shared with globex"], {}, now=NOW)


def test_it_takes_notifications_that_all_have_the_state() -> None:
    assert verdict_of(RIGHT, RIGHT).valid


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({**RIGHT, "clientState": "made up"}, Reason.SIGNATURE_MISMATCH),
        ({"changeType": "created"}, Reason.SIGNATURE_MISSING),
        ("shared with globex", Reason.SIGNATURE_MISSING),
    ],
)
def test_it_refuses_all_for_one_without_it(other: object, reason: Reason) -> None:
    verdict = verdict_of(RIGHT, other)

    assert not verdict.valid
    assert verdict.reason == reason


def test_it_refuses_a_request_without_notifications() -> None:
    assert verdict_of().reason == Reason.SIGNATURE_MISSING


def test_it_shows_nobody_the_state() -> None:
    verdict = verdict_of({**RIGHT, "clientState": "made up"})

    assert "shared with globex" not in repr(verdict)
    assert "made up" not in repr(verdict)
