import json

from accounts.errors import MethodNotAllowed, QuartermasterError, Throttled
from accounts.ids import new_id
from webhooks.errors import SignatureInvalid
from webhooks.models import WebhookEvent
from webhooks.receiving.answer import accepted, refusal


def headers_of(error: QuartermasterError) -> dict[str, str]:
    return dict(refusal(error).headers)


def test_it_names_the_event_that_was_accepted() -> None:
    event = WebhookEvent(duplicate_of=None)
    assert json.loads(accepted(event).body) == {"id": str(event.id)}
    event.duplicate_of = new_id()
    assert json.loads(accepted(event).body) == {"id": str(event.duplicate_of)}


def test_it_says_why_it_refuses_in_a_problem_document() -> None:
    answer = refusal(SignatureInvalid())
    said = json.loads(answer.body)
    assert (answer.status, said["code"], said["status"]) == (401, "signature_invalid", 401)
    assert dict(answer.headers)["Content-Type"] == "application/problem+json"


def test_it_says_when_to_come_again() -> None:
    assert headers_of(Throttled(retry_after=1.2))["Retry-After"] == "2"


def test_it_names_what_a_status_asks_for() -> None:
    assert headers_of(MethodNotAllowed())["Allow"] == "POST, PUT, PATCH"
    assert headers_of(SignatureInvalid())["WWW-Authenticate"].startswith("Signature ")
