"""Several requests that make one call: each may use what those before it answered.

An expression sees the call's input and, by their ids, the answers so far; the call's answer is all of that, for the
version's response mapping to pick from. The steps share one deadline. What is done is in the call's journal: a further
attempt begins at the step that failed, and an error says which step that was and what had been done before it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from accounts.errors import QuartermasterError
from integrations.egress import EgressRequest
from registry.errors import MappingFailed
from registry.shaping.large import by_size
from registry.shaping.mapping import map_answer
from registry.transports.base import Dispatch, Reply
from registry.transports.http_definition import HttpDefinition, Step
from registry.transports.http_exchange import carried, exchange
from registry.transports.http_request import build_request, merged
from registry.transports.http_urls import is_absolute


async def run_steps(definition: HttpDefinition, dispatch: Dispatch) -> Reply:
    """Raises the error of the step that failed, which says so."""
    journal = dispatch.journal
    deadline = asyncio.get_running_loop().time() + dispatch.timeout_seconds
    for number, step in enumerate(definition.steps):
        if step.id in journal.answers:
            continue
        dispatch.progress(number / len(definition.steps), f"step {number + 1} of {len(definition.steps)}: {step.id}")
        try:
            await _run(step, dispatch, deadline)
        except QuartermasterError as error:
            journal.failed_is_repeatable = step.request.is_repeatable
            raise journal.told_by(error, step.id) from error.__cause__
    return await _reply(dispatch)


async def _reply(dispatch: Dispatch) -> Reply:
    """What may not be stored of the input may not be stored of it as a part of the answer."""
    answers, work = dispatch.journal.answers, dispatch.masked_input
    masked = dispatch.input if work is None else await by_size(dispatch.input, work)
    is_masked = isinstance(masked, Mapping) and masked != dispatch.input
    return Reply({**dispatch.input, **answers}, masked={**masked, **answers} if is_masked else None)


async def _run(step: Step, dispatch: Dispatch, deadline: float) -> None:
    journal, known = dispatch.journal, {**dispatch.input, **dispatch.journal.answers}
    if step.when and not await _found(step, "when", step.when, known):
        return
    request = await _request(step, dispatch, known)
    left = deadline - asyncio.get_running_loop().time()
    reply = await exchange(dispatch, step.request, request, timeout_seconds=left)
    journal.answers[step.id] = reply.output
    if not step.request.is_harmless:
        journal.acted.append(step.id)


async def _request(step: Step, dispatch: Dispatch, known: Mapping[str, Any]) -> EgressRequest:
    own = await _found(step, "input", step.input, known) if step.input else dispatch.input
    if not isinstance(own, Mapping):
        raise MappingFailed(f"The `input` of the step `{step.id}` comes to no object. Its maker has to mend it.")
    definition = step.request
    if step.url_from:
        definition = replace(definition, url=await _url(step, known))
    base_url = dispatch.grant.base_url if dispatch.grant else ""
    request = await asyncio.to_thread(build_request, definition, own, base_url=base_url)
    key = f"{dispatch.idempotency_key}-{step.id}" if dispatch.idempotency_key else None
    return replace(request, headers=merged(carried(dispatch, definition, key), request.headers))


async def _url(step: Step, known: Mapping[str, Any]) -> str:
    url = await _found(step, "url_from", step.url_from, known)
    if not isinstance(url, str) or not is_absolute(url):
        raise MappingFailed(f"The step `{step.id}` was given no address: `{step.url_from}` found none.")
    return url


async def _found(step: Step, name: str, expression: str, known: Mapping[str, Any]) -> Any:
    try:
        return await map_answer(expression, known, leave_nulls_out=name == "input")
    except MappingFailed as error:
        raise MappingFailed(
            f"The `{name}` of the step `{step.id}` does not fit what it was given. Its maker has to mend it."
        ) from error
