"""Every failure a caller can be told about. Registry, integrations and the floors above add leaves of their own.

QuartermasterError
├── Malformed                400  malformed_request    the request could not be read
├── Unauthenticated          401  unauthenticated      no key, or one that opens nothing
│   ├── KeyExpired           401  key_expired
│   └── KeyRevoked           401  key_revoked
├── Forbidden                403  forbidden            known, but not allowed
├── NotFound                 404  not_found
├── MethodNotAllowed         405  method_not_allowed
├── NotAcceptable            406  not_acceptable
├── Conflict                 409  conflict             it would contradict what is already there
├── PreconditionFailed       412  precondition_failed  it has been changed since it was read
├── TooLarge                 413  too_large
├── UnsupportedMediaType     415  unsupported_media_type
├── Invalid                  422  invalid_input        read, but not what this needs
├── PreconditionRequired     428  precondition_required
├── Throttled                429  rate_limited
├── Internal                 500  internal_error       our fault; the log has the rest
└── Unavailable              503  unavailable          a server we stand on is away

A class's docstring is its default message; `code`, `status` and `retryable` are its policy.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST_QUOTE = 500
"""Characters of somebody else's words that are told."""
_MOST_READ = 4_000


class Quote(str):
    """Somebody else's words in an error: what a service complained of, a value that does not fit.

    It is longer than what is told of it, since it is masked first and then cut: half a secret would not be found.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> "Quote":
        return super().__new__(cls, text[:_MOST_READ])


@dataclass(frozen=True)
class Fault:
    """One thing wrong with an input."""

    path: str
    """Where: a JSON path such as `$.items[2].name`, or a header or query parameter's name."""
    message: str
    """A sentence that says what would be right."""


class QuartermasterError(Exception):
    """Something went wrong."""

    code = "error"
    status = 500
    retryable = False

    def __init__(
        self,
        message: str = "",
        *,
        faults: Sequence[Fault] = (),
        retry_after: float | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        self.message = message or inspect.getdoc(type(self)) or ""
        self.faults = tuple(faults)
        self.retry_after = retry_after
        self.extra = dict(extra or {})
        super().__init__(self.message)


class Malformed(QuartermasterError):
    """The request could not be read. Send UTF-8 JSON."""

    code = "malformed_request"
    status = 400


class Unauthenticated(QuartermasterError):
    """No valid API key was sent. Send `Authorization: Bearer qm_…`; an admin can issue a key."""

    code = "unauthenticated"
    status = 401


class KeyExpired(Unauthenticated):
    """This API key has expired. Ask an admin for a new one."""

    code = "key_expired"


class KeyRevoked(Unauthenticated):
    """This API key was revoked. Ask an admin for a new one."""

    code = "key_revoked"


class Forbidden(QuartermasterError):
    """You are not allowed to do this. An admin of your tenant can change your role."""

    code = "forbidden"
    status = 403


class NotFound(QuartermasterError):
    """There is nothing at this address. Check the id or slug."""

    code = "not_found"
    status = 404


class MethodNotAllowed(QuartermasterError):
    """This address does not take that method. The `Allow` header names those it takes."""

    code = "method_not_allowed"
    status = 405


class NotAcceptable(QuartermasterError):
    """Answers here are JSON. Send `Accept: application/json`, or leave the header out."""

    code = "not_acceptable"
    status = 406


class Conflict(QuartermasterError):
    """This contradicts what is already there. Read the current state and try again."""

    code = "conflict"
    status = 409


class PreconditionFailed(QuartermasterError):
    """It has been changed since you read it. Read it again, and decide anew whether your change still fits."""

    code = "precondition_failed"
    status = 412


class TooLarge(QuartermasterError):
    """The request's body is too large. Send less, or raise REQUEST_BODY_LIMIT_BYTES."""

    code = "too_large"
    status = 413


class UnsupportedMediaType(QuartermasterError):
    """Bodies here are JSON. Send `Content-Type: application/json`."""

    code = "unsupported_media_type"
    status = 415


class Invalid(QuartermasterError):
    """The request was read, but it is not what this needs. See `errors` for each fault."""

    code = "invalid_input"
    status = 422


class PreconditionRequired(QuartermasterError):
    """This wants to know what you have read. Send `If-Match` with the version of it, as its `ETag` said: `"7"`."""

    code = "precondition_required"
    status = 428


class Throttled(QuartermasterError):
    """Too many requests. Wait for `retry_after` seconds."""

    code = "rate_limited"
    status = 429
    retryable = True


class Internal(QuartermasterError):
    """Something broke on our side and was logged. Try again; if it stays, report the time of this answer."""

    code = "internal_error"
    status = 500
    retryable = True


class Unavailable(QuartermasterError):
    """A server that this needs is away. Try again in a moment; `/readyz` says which one."""

    code = "unavailable"
    status = 503
    retryable = True
