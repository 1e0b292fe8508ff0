"""What an answer, or none, means for a delivery. Only 2xx is success; a redirect is a failure like any other."""

from dataclasses import dataclass

from accounts.errors import QuartermasterError
from integrations.errors import EgressBlocked, UpstreamFailure
from integrations.redaction import KnownSecrets, Rules, redact_beginning, redact_text
from webhooks.models.queued import Cause
from webhooks.telling.send import Answer

KEPT_LETTERS = 2_000
"""How much of an answer is kept."""
GONE = 410
"""The receiver wants no more: the subscription is disabled."""


@dataclass(frozen=True)
class Judgement:
    code: str = ""
    """Empty: it was taken."""
    detail: str = ""
    cause: Cause = Cause.RECEIVER
    """Whose matter it is, if this was the last attempt."""
    status_code: int | None = None
    response: str = ""
    retry_after: float | None = None
    is_gone: bool = False

    @property
    def is_success(self) -> bool:
        return not self.code


def judge_answer(answer: Answer, redaction: Rules, secrets: KnownSecrets) -> Judgement:
    text = answer.beginning.decode(errors="replace").replace("\x00", "\ufffd")
    response = redact_beginning(text, KEPT_LETTERS, secrets=secrets, rules=redaction)
    if answer.is_success:
        return Judgement(status_code=answer.status, response=response)
    return Judgement(
        code=UpstreamFailure.code,
        detail=_sentence(answer.status),
        status_code=answer.status,
        response=response,
        retry_after=answer.retry_after,
        is_gone=answer.status == GONE,
    )


def judge_error(error: QuartermasterError) -> Judgement:
    return Judgement(code=error.code, detail=redact_text(error.message), cause=_cause(error))


def _cause(error: QuartermasterError) -> Cause:
    if isinstance(error, EgressBlocked):
        return Cause.POLICY
    return Cause.RECEIVER if isinstance(error, UpstreamFailure) else Cause.OURS


def _sentence(status: int) -> str:
    if status == GONE:
        return "The receiver answered with HTTP 410: it wants no more. Its subscription was disabled."
    if 300 <= status < 400:
        return f"The receiver answered with HTTP {status}. Redirects are not followed: give its final address."
    return f"The receiver answered with HTTP {status}."
