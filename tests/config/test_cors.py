"""Which pages of other origins may call the API: those that the operator names, and by default none."""

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from config.application import application

CONSOLE = "https://console.example"


async def headers_for(method: str, origin: str) -> dict[str, str]:
    """The answer's headers for a call, or its preflight, from a page of `origin`; without a key, so nothing is read."""
    asked = [(b"host", b"localhost"), (b"origin", origin.encode()), (b"access-control-request-method", b"POST")]
    scope = {"type": "http", "method": method, "path": "/api/v1/executions/", "query_string": b"", "headers": asked}
    caller: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
    await caller.send_input({"type": "http.request", "body": b""})
    start = await caller.receive_output(timeout=10)
    await caller.receive_output(timeout=10)
    await caller.wait()
    return {name.decode().lower(): value.decode() for name, value in start["headers"]}


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
async def test_it_lets_no_other_origin_in_by_default(method: str) -> None:
    assert "access-control-allow-origin" not in await headers_for(method, CONSOLE)


@pytest.mark.parametrize("method", ["OPTIONS", "POST"])
async def test_it_lets_in_the_origins_that_were_named(method: str, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [CONSOLE]
    assert (await headers_for(method, CONSOLE))["access-control-allow-origin"] == CONSOLE
    assert "access-control-allow-origin" not in await headers_for(method, "https://elsewhere.example")


async def test_it_lets_those_pages_send_versions_and_keys(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [CONSOLE]
    allowed = (await headers_for("OPTIONS", CONSOLE))["access-control-allow-headers"].split(", ")
    assert {"authorization", "content-type", "if-match", "idempotency-key"} <= set(allowed)


async def test_it_lets_those_pages_read_versions_places_and_pauses(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [CONSOLE]
    assert (await headers_for("POST", CONSOLE))["access-control-expose-headers"] == "ETag, Location, Retry-After"
    assert "access-control-expose-headers" not in await headers_for("POST", "https://elsewhere.example")
