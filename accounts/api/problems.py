"""The one place where an exception becomes an answer: RFC 9457 problem documents."""

import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from accounts import errors
from accounts.errors import Fault, QuartermasterError

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

_TRANSLATED: tuple[tuple[tuple[type[Exception], ...], type[QuartermasterError]], ...] = (
    ((RequestDataTooBig,), errors.TooLarge),
    ((drf.ParseError, SuspiciousOperation), errors.Malformed),
    ((drf.NotAuthenticated, drf.AuthenticationFailed), errors.Unauthenticated),
    ((drf.PermissionDenied, PermissionDenied), errors.Forbidden),
    ((drf.NotFound, Http404), errors.NotFound),
    ((drf.MethodNotAllowed,), errors.MethodNotAllowed),
    ((drf.NotAcceptable,), errors.NotAcceptable),
    ((drf.UnsupportedMediaType,), errors.UnsupportedMediaType),
    (
        (OperationalError, InterfaceError, PoolTimeout, RedisConnectionError, RedisTimeoutError),
        errors.Unavailable,
    ),
)


def translate(error: Exception) -> QuartermasterError:
    """Any exception as one of the tree. What is not foreseen is logged and told as `internal_error`."""
    if isinstance(error, QuartermasterError):
        return error
    if isinstance(error, drf.ValidationError):
        return errors.Invalid(faults=faults_of(error.detail))
    if isinstance(error, ModelValidationError):
        return errors.Invalid(faults=list(_model_faults(error)))
    if isinstance(error, DataError):
        # A serializer should have refused it with a path; this is the last net before PostgreSQL.
        log.warning("%s: %s", type(error).__name__, error, extra={"action": "unstorable_value"})
        return errors.Invalid("A value is too large to be stored, or holds a character that cannot be.")
    for kinds, translation in _TRANSLATED:
        if isinstance(error, kinds):
            if translation.status >= 500:
                log.warning("%s: %s", type(error).__name__, error, extra={"action": "server_away"})
            return translation()
    log.error("Unforeseen error", exc_info=error, extra={"action": "internal_error"})
    return errors.Internal()


def problem(error: QuartermasterError) -> dict[str, Any]:
    """The problem document's members; see `docs/reference/errors.md`."""
    document: dict[str, Any] = {
        "type": f"/docs/errors#{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
    }
    if error.faults:
        document["errors"] = [{"path": fault.path, "message": fault.message} for fault in error.faults]
    if error.retry_after is not None:
        document["retry_after"] = error.retry_after
    return document | error.extra


def problem_response(error: QuartermasterError) -> Response:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="quartermaster"'
    return Response(problem(error), status=error.status, headers=headers, content_type=CONTENT_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's hook: every exception of every API view passes here."""
    response = problem_response(translate(error))
    if isinstance(error, drf.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def faults_of(detail: Any) -> list[Fault]:
    """DRF's nested error details as a flat list with JSON paths."""
    return list(_faults("$", detail))


def _faults(path: str, detail: Any) -> Iterator[Fault]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _faults(_below(path, key), inner)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from _faults(path if isinstance(inner, str) else f"{path}[{index}]", inner)
    else:
        yield Fault(path, str(detail))


def _below(path: str, key: str | int) -> str:
    if key == "non_field_errors":
        return path
    return f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}"


def _model_faults(error: ModelValidationError) -> Iterator[Fault]:
    if not hasattr(error, "error_dict"):
        yield from (Fault("$", message) for message in error.messages)
        return
    for field, messages in error.message_dict.items():
        yield from (Fault("$" if field == "__all__" else f"$.{field}", message) for message in messages)
