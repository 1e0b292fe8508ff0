"""What the sender is told."""

import json
import math

from accounts.api.problems import CONTENT_TYPE, problem
from accounts.errors import MethodNotAllowed, QuartermasterError, Unauthenticated
from webhooks.models import WebhookEvent
from webhooks.receiving.admit import METHODS
from webhooks.receiving.types import Answer

_JSON = ("Content-Type", "application/json")


def accepted(event: WebhookEvent) -> Answer:
    """Also a duplicate: the sender need not send it again. It is told the id of the one that was accepted."""
    return Answer(200, (_JSON,), json.dumps({"id": str(event.duplicate_of or event.id)}).encode())


def refusal(error: QuartermasterError) -> Answer:
    """A problem document (RFC 9457)."""
    headers = [("Content-Type", CONTENT_TYPE)]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(math.ceil(error.retry_after))))
    if isinstance(error, MethodNotAllowed):
        headers.append(("Allow", ", ".join(METHODS)))
    if isinstance(error, Unauthenticated):
        headers.append(("WWW-Authenticate", 'Signature realm="webhooks"'))  # RFC 9110, 15.5.2: one has to be named
    return Answer(error.status, tuple(headers), json.dumps(problem(error)).encode())
