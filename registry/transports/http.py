"""Tools that are HTTP APIs: their definition says which input property goes where; egress is the way out."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import lru_cache

from accounts.errors import Fault
from integrations.egress import EgressRequest
from integrations.mapping import MOST_WORK, TooMuchWork
from registry.shaping.large import LARGE
from registry.shaping.mapping import MOST_WORK_IN_THE_LOOP
from registry.shaping.weight import weigh
from registry.transports.base import Declared, Dispatch, Reply
from registry.transports.http_checks import check_definition
from registry.transports.http_definition import HttpDefinition, read_definition
from registry.transports.http_exchange import carried, exchange
from registry.transports.http_request import build_endpoint_request, build_request, merged
from registry.transports.http_steps import run_steps
from registry.transports.http_urls import check_http_url


class HttpTransport:
    def check(self, declared: Declared) -> list[Fault]:
        if declared.endpoints and declared.definition:
            return [Fault("$.endpoints", "A tool has either a `definition` or `endpoints`, not both.")]
        if declared.endpoints:
            return [
                fault
                for operation, url in declared.endpoints.items()
                for fault in check_http_url(f"$.endpoints.{operation}", url)
            ]
        properties = declared.input_schema.get("properties", {})
        return list(check_definition(declared.definition, properties if isinstance(properties, dict) else {}))

    def send(self, dispatch: Dispatch) -> Awaitable[Reply]:
        declared = dispatch.declared
        if declared.endpoints:
            request = build_endpoint_request(declared.endpoints[dispatch.operation], dispatch.input)
            return _send(dispatch, _ENDPOINT, request)
        definition = _definition_of(declared)
        if definition.steps:
            return run_steps(definition, dispatch)
        if _is_work(definition) and weigh(dispatch.input, LARGE) > LARGE:
            return _build_and_send(dispatch, definition)
        try:
            return _send(dispatch, definition, _built(dispatch, definition, MOST_WORK_IN_THE_LOOP))
        except TooMuchWork:
            return _build_and_send(dispatch, definition)

    def repeatable(self, declared: Declared) -> bool:
        return not declared.endpoints and _definition_of(declared).is_repeatable


_ENDPOINT = read_definition({"url": ""})


@lru_cache(maxsize=5_000)
def _definition_of(declared: Declared) -> HttpDefinition:
    """A version is immutable, so its definition is read once."""
    return read_definition(declared.definition)


def _is_work(definition: HttpDefinition) -> bool:
    """Whether what it makes of a large input would hold others up."""
    return bool(definition.body_mapping) or definition.body_format in ("multipart", "bytes")


async def _build_and_send(dispatch: Dispatch, definition: HttpDefinition) -> Reply:
    """Beside the loop. What cannot be sent is found out when the attempt has begun."""
    request = await asyncio.to_thread(_built, dispatch, definition)
    return await _send(dispatch, definition, request)


def _built(dispatch: Dispatch, definition: HttpDefinition, most_work: int = MOST_WORK) -> EgressRequest:
    base_url = dispatch.grant.base_url if dispatch.grant else ""
    return build_request(definition, dispatch.input, base_url=base_url, most_work=most_work)


async def _send(dispatch: Dispatch, definition: HttpDefinition, request: EgressRequest) -> Reply:
    # First, so that a definition which names this header has its way.
    headers = merged(carried(dispatch, definition, dispatch.idempotency_key), request.headers)
    whole = replace(request, headers=headers)
    return await exchange(dispatch, definition, whole, timeout_seconds=dispatch.timeout_seconds, emit=dispatch.emit)
