"""What an answer, or none, means for a delivery."""

import pytest

from accounts.errors import Internal, QuartermasterError
from integrations.errors import EgressBlocked, UpstreamTimeout, UpstreamUnreachable
from integrations.redaction import SECRETS_MASKED, KnownSecrets
from webhooks.models.queued import Cause
from webhooks.telling.judge import KEPT_LETTERS, Judgement, judge_answer, judge_error
from webhooks.telling.send import Answer

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def judged(status: int, beginning: bytes = b"", retry_after: float | None = None) -> Judgement:
    return judge_answer(Answer(status, retry_after, beginning), SECRETS_MASKED, KnownSecrets((SECRET,)))


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_it_is_taken_with_any_2xx(status: int) -> None:
    judgement = judged(status, b"thanks")
    assert judgement == Judgement(status_code=status, response="thanks")
    assert judgement.is_success


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (301, "The receiver answered with HTTP 301. Redirects are not followed: give its final address."),
        (400, "The receiver answered with HTTP 400."),
        (503, "The receiver answered with HTTP 503."),
        (410, "The receiver answered with HTTP 410: it wants no more. Its subscription was disabled."),
    ],
)
def test_it_is_not_taken_with_anything_else(status: int, detail: str) -> None:
    judgement = judged(status)
    assert not judgement.is_success
    assert (judgement.code, judgement.detail, judgement.cause) == ("upstream_error", detail, Cause.RECEIVER)
    assert (judgement.status_code, judgement.is_gone) == (status, status == 410)


def test_it_hands_on_when_to_come_again() -> None:
    assert judged(503, retry_after=7.0).retry_after == 7.0


def test_it_masks_secrets_in_what_is_kept_of_an_answer() -> None:
    response = judged(200, f"You sent {SECRET} and password=hunter2-hunter2".encode()).response
    assert SECRET not in response
    assert "hunter2" not in response


@pytest.mark.parametrize("before", range(KEPT_LETTERS - len(SECRET), KEPT_LETTERS + 1, 8))
def test_it_keeps_no_half_of_a_secret(before: int) -> None:
    response = judged(200, b"." * before + SECRET.encode() + b"." * 500).response
    assert response == ("." * before + "[redacted:secret]")[: max(before + 17, KEPT_LETTERS)][: len(response)]
    assert SECRET[:8] not in response


def test_it_keeps_an_answer_that_is_no_text() -> None:
    assert judged(200, b"\xff\x00" * KEPT_LETTERS).response[:4] == "\ufffd" * 4


@pytest.mark.parametrize(
    ("error", "code", "cause"),
    [
        (UpstreamTimeout(), "timeout", Cause.RECEIVER),
        (UpstreamUnreachable(), "upstream_error", Cause.RECEIVER),
        (EgressBlocked(), "egress_blocked", Cause.POLICY),
        (Internal(), "internal_error", Cause.OURS),
    ],
)
def test_it_knows_whose_matter_it_is_that_there_was_no_answer(
    error: QuartermasterError, code: str, cause: Cause
) -> None:
    assert judge_error(error) == Judgement(code=code, detail=error.message, cause=cause)
