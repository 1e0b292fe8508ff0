"""Every exception becomes a problem document: its kind decides the status, and nothing internal is told."""

import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework import exceptions as drf

from accounts import errors
from accounts.api.problems import exception_handler, problem, translate
from accounts.errors import Fault


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Conflict("x"), errors.Conflict),
        (drf.ParseError(), errors.Malformed),
        (SuspiciousOperation(), errors.Malformed),
        (drf.NotAuthenticated(), errors.Unauthenticated),
        (drf.PermissionDenied(), errors.Forbidden),
        (PermissionDenied(), errors.Forbidden),
        (Http404(), errors.NotFound),
        (drf.MethodNotAllowed("BREW"), errors.MethodNotAllowed),
        (drf.NotAcceptable(), errors.NotAcceptable),
        (drf.UnsupportedMediaType("text/plain"), errors.UnsupportedMediaType),
        (RequestDataTooBig(), errors.TooLarge),
        (OperationalError("secret"), errors.Unavailable),
        (PoolTimeout("secret"), errors.Unavailable),
        (RedisConnectionError("secret"), errors.Unavailable),
        (DataError("secret"), errors.Invalid),
        (ZeroDivisionError("secret"), errors.Internal),
    ],
)
def test_it_knows_what_kind_of_error_it_is(error: Exception, kind: type[errors.QuartermasterError]) -> None:
    translated = translate(error)
    assert type(translated) is kind
    assert "secret" not in str(problem(translated))


def test_it_logs_what_it_does_not_tell(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        translate(ZeroDivisionError("the reason"))
        translate(OperationalError("the server's name"))
    assert "the reason" in caplog.text
    assert "the server's name" in caplog.text


def test_it_names_each_fault_by_its_place() -> None:
    detail: Any = {"a": ["wrong"], "b": {"c": [{"d": ["bad"]}, {}]}, "non_field_errors": ["odd"], "e": {2: ["no"]}}
    assert translate(drf.ValidationError(detail)).faults == (
        Fault("$.a", "wrong"),
        Fault("$.b.c[0].d", "bad"),
        Fault("$", "odd"),
        Fault("$.e[2]", "no"),
    )


@pytest.mark.parametrize(
    ("error", "faults"),
    [
        (ValidationError("odd"), (Fault("$", "odd"),)),
        (ValidationError({"slug": ["bad"], "__all__": ["odd"]}), (Fault("$.slug", "bad"), Fault("$", "odd"))),
    ],
)
def test_it_tells_a_models_complaints_the_same_way(error: ValidationError, faults: tuple[Fault, ...]) -> None:
    assert translate(error).faults == faults


def test_it_says_when_to_come_again() -> None:
    response = exception_handler(errors.Throttled(retry_after=1.2, extra={"limit": 60}), {})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2")
    assert response.data == {
        "type": "/docs/errors#rate_limited",
        "title": "Rate limited",
        "status": 429,
        "detail": "Too many requests. Wait for `retry_after` seconds.",
        "code": "rate_limited",
        "retry_after": 1.2,
        "limit": 60,
    }
