"""Credentials that services echo, in everything that happens with them: nothing of them stays or is shown anywhere."""

import hmac
from datetime import UTC, datetime

import pytest

from tests.integrations.redaction.test_formats import TOKENS
from tests.planted.day import Day
from tests.planted.hooking import is_told_there
from tests.planted.plants import NEVER_SENT, ODD, PLANTS
from tests.planted.seeking import Found

KINDS = (
    *("answer", "file", "key", "log", "metrics", "page"),
    *("queue", "said", "spans", "table", "traceback", "websocket"),
)
SIGNING_KEY = NEVER_SENT["signing key"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_told_there_is_found(found: Found, kind: str) -> None:
    assert kind in found.controls


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_secret_is_found(found: Found, kind: str) -> None:
    leaks = {key: leak for key, leak in found.leaks.items() if not is_told_there(*key)}
    assert [leak for (place, _), leak in leaks.items() if place.partition(" ")[0] == kind] == []


def test_there_is_looked_nowhere_else(found: Found) -> None:
    assert set(found.looked_through) == set(KINDS)


def test_services_were_told_every_secret_but_what_only_signs(found: Found, day: Day) -> None:
    told = "\n".join([*day.echo.seen, *(body.decode() for body in day.echo.bodies)])
    assert not any(signing in told for signing in (SIGNING_KEY, derived(SIGNING_KEY).hex()))
    assert len(told) > 100_000


def derived(secret: str) -> bytes:
    """What AWS signs with on this day: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    key = f"AWS4{secret}".encode()
    for part in (f"{datetime.now(UTC):%Y%m%d}", "eu-west-1", "ses", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def test_secrets_of_many_formats_are_planted_in_every_way() -> None:
    assert len({name.partition(" ")[0] for name in TOKENS}) >= 30
    assert {plant.way for plant in PLANTS} == {plant.way for plant in ODD}
