"""Requests that are made beside the event loop, because making them is work."""

import base64
from typing import Any

import pytest

from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

ANYTHING = {"type": "object"}
DOUBLING = " | ".join(["[@, @]"] * 11)
"""More than may be done in the loop, and less than may be done at all."""


def offer(register: Register, upstream: Upstream, **definition: Any) -> None:
    register(
        slug="upload",
        input_schema=ANYTHING,
        definition={"method": "POST", "url": f"{upstream.url}/files", **definition},
    )


def test_it_sends_a_large_file(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    offer(register, upstream, body_format="bytes")
    content = bytes(range(256)) * 2_000
    file = {"base64": base64.b64encode(content).decode()}
    assert corridor.call("upload", {"content": file}).status == Status.SUCCEEDED
    assert upstream.received[0].body == content


def test_it_maps_what_is_much_work(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    offer(register, upstream, body_mapping=f"{{sides: length({DOUBLING}), deep: {DOUBLING}}}")
    assert corridor.call("upload", {"a": "b"}).status == Status.SUCCEEDED
    assert upstream.received[0].json["sides"] == 2


def test_it_sends_nothing_of_what_is_too_much_work(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    offer(register, upstream, body_mapping=" | ".join(["[@, @]"] * 30))
    outcome = corridor.call("upload", {"a": "b"})
    assert outcome.error is not None
    assert (outcome.error["code"], upstream.received) == ("invalid_input", [])


def test_it_refuses_a_file_that_is_none_before_it_makes_an_attempt(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    offer(register, upstream, body_format="bytes")
    outcome = corridor.call("upload", {"content": {"base64": "?"}})
    assert (outcome.status, outcome.attempts, upstream.received) == (Status.REFUSED, 0, [])
