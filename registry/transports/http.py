"""Tools that are HTTP APIs: their definition says which input property goes where; egress is the way out."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from accounts.errors import Fault
from integrations.egress import EgressRequest, EgressResponse, EgressRules, send, stream
from integrations.errors import UpstreamTooLarge
from registry.transports.base import Declared, Dispatch, Emit, Reply
from registry.transports.http_definition import HttpDefinition, check_definition, check_http_url, read_definition
from registry.transports.http_reply import is_success, read_reply, refuse_failure, text_type
from registry.transports.http_request import build_endpoint_request, build_request
from registry.transports.http_stream import ACCEPT, reader_for

MAX_RESPONSE_BYTES = 5_000_000
"""Of a tool that does not say otherwise by `max_output_bytes`."""
READ_IN_THE_LOOP = 200_000
_HOW_TO_RAISE = "Or have an operator raise the tool's `max_output_bytes`."
MAX_STREAM_BYTES = 100_000_000
"""Of an answer that is passed on in parts; what is recorded of it is less."""
# RFC 9110, 9.2.2.
_IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})


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
        return _send(dispatch, _request(dispatch))

    def repeatable(self, declared: Declared) -> bool:
        definition = declared.definition
        if declared.endpoints:
            return False
        return "idempotency_header" in definition or definition.get("method", "POST") in _IDEMPOTENT_METHODS


async def _send(dispatch: Dispatch, request: EgressRequest) -> Reply:
    rules = EgressRules(
        tenant_slug=dispatch.tenant_slug,
        tenant_networks=dispatch.egress_networks,
        timeout_seconds=dispatch.timeout_seconds,
        max_response_bytes=dispatch.max_output_bytes or MAX_RESPONSE_BYTES,
    )
    try:
        if dispatch.emit is not None:
            return await _send_in_parts(dispatch, request, rules, dispatch.emit)
        return await _read(await send(request, rules=rules), dispatch.declared)
    except UpstreamTooLarge as error:
        raise UpstreamTooLarge(f"{error.message} {_HOW_TO_RAISE}", sent=error.sent) from error


async def _read(response: EgressResponse, declared: Declared) -> Reply:
    output = await _read_beside_the_loop(response)
    if error_when := declared.definition.get("error_when"):
        await refuse_failure(response, output, error_when)
    return Reply(output, media_type=text_type(response.headers) if isinstance(output, str) else "")


async def _read_beside_the_loop(response: EgressResponse) -> Any:
    if len(response.body) > READ_IN_THE_LOOP:
        return await asyncio.to_thread(read_reply, response)
    return read_reply(response)


async def _send_in_parts(dispatch: Dispatch, request: EgressRequest, rules: EgressRules, emit: Emit) -> Reply:
    """An answer that comes in parts is passed on in parts; any other, and an error, is read whole."""
    asking = replace(request, headers={**request.headers, "Accept": ACCEPT})
    async with stream(asking, rules=rules) as answer:
        reader = reader_for(answer.headers) if is_success(answer.status) else None
        if reader is None:
            return await _read(await answer.whole(), dispatch.declared)
        async for piece in answer.pieces(dispatch.max_output_bytes or MAX_STREAM_BYTES):
            for chunk in reader.feed(piece):
                await emit(chunk)
        for chunk in reader.end():
            await emit(chunk)
    return Reply(None, media_type=text_type(answer.headers) if reader.is_text else "")


def _request(dispatch: Dispatch) -> EgressRequest:
    declared = dispatch.declared
    if declared.endpoints:
        request = build_endpoint_request(declared.endpoints[dispatch.operation], dispatch.input)
    else:
        request = build_request(_definition_of(declared), dispatch.input)
    # First, so that a definition which names this header has its way.
    passed_on = {"traceparent": dispatch.traceparent} if dispatch.traceparent else {}
    key_header = declared.definition.get("idempotency_header")
    if key_header and dispatch.idempotency_key:
        passed_on[key_header] = dispatch.idempotency_key
    return replace(request, headers={**passed_on, **request.headers})


def _definition_of(declared: Declared) -> HttpDefinition:
    return read_definition(declared.definition)
