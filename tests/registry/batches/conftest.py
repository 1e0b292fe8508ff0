from collections.abc import Callable, Iterator
from typing import Any

import pytest

from registry.models import Tool
from tests.catalogue import Register
from tests.registry.batches.answering import Answering

Offer = Callable[..., Tool]


@pytest.fixture
def upstream(settings: Any) -> Iterator[Answering]:
    server = Answering()
    settings.EGRESS_ALLOW_NETWORKS = [f"127.0.0.1/32:{server.port}"]
    yield server
    server.close()


@pytest.fixture
def offer(register: Register, upstream: Answering) -> Offer:
    """`offer("echo")`: a tool that takes any object and posts it to `/echo`."""

    def offer_tool(slug: str, **changes: Any) -> Tool:
        spec = {
            "slug": slug,
            "name": slug,
            "input_schema": {"type": "object"},
            "definition": {"method": "POST", "url": f"{upstream.url}/{slug}"},
        }
        return register(**{**spec, **changes})

    return offer_tool
