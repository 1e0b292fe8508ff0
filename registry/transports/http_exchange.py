"""One request of an HTTP tool and its answer: whole, or in parts as it arrives."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.connections.grant import authorised
from integrations.egress import EgressRequest, EgressResponse, EgressRules, send, stream
from integrations.errors import UpstreamTooLarge
from registry.errors import UpstreamRefused
from registry.transports.base import Dispatch, Emit, Reply
from registry.transports.http_definition import HttpDefinition
from registry.transports.http_reply import is_success, read_reply, refuse_failure, text_type
from registry.transports.http_request import merged
from registry.transports.http_stream import ACCEPT, reader_for

MAX_RESPONSE_BYTES = 5_000_000
"""Of a tool that does not say otherwise by `max_output_bytes`."""
READ_IN_THE_LOOP = 200_000
MAX_STREAM_BYTES = 100_000_000
"""Of an answer that is passed on in parts; what is recorded of it is less."""
_HOW_TO_RAISE = "Or have an operator raise the tool's `max_output_bytes`."
_UNAUTHORIZED = 401


async def exchange(
    dispatch: Dispatch,
    definition: HttpDefinition,
    request: EgressRequest,
    *,
    timeout_seconds: float,
    emit: Emit | None = None,
) -> Reply:
    """Send the request with what every call carries, and read its answer. Raises leaves of the error tree.

    The credential goes in last, since it may sign the rest, and only where it may be sent.
    """
    rules = EgressRules(
        tenant_slug=dispatch.tenant_slug,
        tenant_networks=dispatch.egress_networks,
        timeout_seconds=timeout_seconds,
        max_response_bytes=dispatch.max_output_bytes or MAX_RESPONSE_BYTES,
    )
    asking = replace(request, headers=merged(request.headers, {"Accept": ACCEPT})) if emit is not None else request
    outgoing = asking if dispatch.grant is None else authorised(asking, dispatch.grant)
    try:
        if emit is not None:
            return await _in_parts(dispatch, definition, outgoing, rules, emit)
        return await _read(await send(outgoing, rules=rules), definition)
    except UpstreamTooLarge as error:
        raise UpstreamTooLarge(f"{error.message} {_HOW_TO_RAISE}", sent=error.sent) from error
    except UpstreamRefused as error:
        error.refused_credential = error.upstream_status == _UNAUTHORIZED and outgoing is not asking
        raise


def carried(dispatch: Dispatch, definition: HttpDefinition, key: str | None) -> Mapping[str, str]:
    """The headers that every request carries: a definition which names one of them itself has its way."""
    headers = {"traceparent": dispatch.traceparent} if dispatch.traceparent else {}
    if definition.idempotency_header and key:
        headers[definition.idempotency_header] = key
    return headers


async def _read(response: EgressResponse, definition: HttpDefinition) -> Reply:
    output = await _read_beside_the_loop(response, definition.error_message)
    await refuse_failure(response, output, definition)
    return Reply(output, media_type=text_type(response.headers) if isinstance(output, str) else "")


async def _read_beside_the_loop(response: EgressResponse, error_message: str) -> Any:
    if len(response.body) > READ_IN_THE_LOOP:
        return await asyncio.to_thread(read_reply, response, error_message)
    return read_reply(response, error_message)


async def _in_parts(
    dispatch: Dispatch, definition: HttpDefinition, request: EgressRequest, rules: EgressRules, emit: Emit
) -> Reply:
    """An answer that comes in parts is passed on in parts; any other, and an error, is read whole."""
    async with stream(request, rules=rules) as answer:
        reader = reader_for(answer.headers) if is_success(answer.status) else None
        if reader is None:
            return await _read(await answer.whole(), definition)
        async for piece in answer.pieces(dispatch.max_output_bytes or MAX_STREAM_BYTES):
            for chunk in reader.feed(piece):
                await emit(chunk)
        for chunk in reader.end():
            await emit(chunk)
    return Reply(None, media_type=text_type(answer.headers) if reader.is_text else "")
