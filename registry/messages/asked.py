"""Running what a model asked for: side by side, each through the whole corridor, a result for every one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.api.parsing import read_json
from accounts.caller import Caller
from accounts.errors import Malformed
from registry.batches.execute import Order, execute_batch
from registry.batches.types import CallEnd, OnError, Plan, PlannedCall
from registry.messages.names import LONGEST_NAME, slug_of
from registry.messages.results import Result, refusal, result_of
from registry.timeouts import LONGEST_TIMEOUT_MS

NAMELESS = "invalid_call: This call names no tool. Call one by its name."
NO_OBJECT = "invalid_arguments: The arguments are no JSON object. Send the tool's arguments by name."


@dataclass(frozen=True)
class Asked:
    """One call of a model's message."""

    id: str
    """The model's own id of it."""
    name: str
    """What the model calls the tool."""
    input: Mapping[str, Any]
    trouble: str = ""
    """Why it cannot be called at all; told to the model."""


@dataclass(frozen=True)
class Terms:
    """How the calls of a message are to be run."""

    caller: Caller
    provider: str
    idempotency_key: str | None = None
    end_user: str = ""
    conversation: str = ""
    traceparent: str = ""
    timeout_ms: int = LONGEST_TIMEOUT_MS
    max_parallel: int | None = None
    max_tokens: int | None = None


@dataclass(frozen=True)
class Answered:
    """The results, in the order of the calls."""

    batch_id: UUID | None
    """None: there was nothing to call."""
    results: list[Result]


async def run_asked(asked: Sequence[Asked], terms: Terms) -> Answered:
    """Exactly one result for each. Raises IdempotencyConflict before anything runs."""
    asked = _as_many_as_may_run(asked)
    calls = tuple(_planned(each) for each in asked if not each.trouble)
    if not calls:
        return Answered(None, [refusal(each.trouble) for each in asked])
    outcome = await execute_batch(
        Order(
            caller=terms.caller,
            plan=Plan(calls, _parallel(terms), OnError.CONTINUE),
            body=_what_was_asked(asked, terms.end_user),
            end_user=terms.end_user,
            idempotency_key=terms.idempotency_key,
            timeout_ms=terms.timeout_ms,
            conversation=terms.conversation,
            provider=terms.provider,
            max_tokens=terms.max_tokens,
            traceparent=terms.traceparent,
        )
    )
    ends = {end.call.id: end for end in outcome.ends}
    return Answered(outcome.id, [_result(each, ends) for each in asked])


def read_arguments(text: Any) -> tuple[Mapping[str, Any], str]:
    """Arguments that a model wrote as JSON, or what is wrong with them. Written by a model, they often are no JSON."""
    if not isinstance(text, str):
        return {}, "invalid_arguments: The arguments are no text. Send one JSON object, written as a string."
    if not text.strip():
        return {}, ""
    try:
        value = read_json(text.encode())
    except (Malformed, UnicodeEncodeError) as error:
        reason = error.message.removeprefix("The body ") if isinstance(error, Malformed) else "hold half a character."
        return {}, f"invalid_arguments: The arguments cannot be read ({reason.rstrip('.')}). Send one JSON object."
    return (value, "") if isinstance(value, dict) else ({}, NO_OBJECT)


def _what_was_asked(asked: Sequence[Asked], end_user: str) -> list[Any]:
    """What an idempotency key stands for."""
    calls: list[Any] = [[each.id, each.name, each.input] for each in asked]
    return [*calls, {"end_user": end_user}] if end_user else calls


def _as_many_as_may_run(asked: Sequence[Asked]) -> list[Asked]:
    """The same calls, those that come after the last that may run with the reason why they do not."""
    most: int = settings.BATCH_MAX_CALLS
    reason = f"too_many_calls: Of one message {most} calls are run, and this one came later. Call it again by itself."
    runnable = accumulate(not each.trouble for each in asked)
    return [
        replace(each, trouble=each.trouble or reason) if number > most else each
        for each, number in zip(asked, runnable, strict=True)
    ]


def _planned(asked: Asked) -> PlannedCall:
    return PlannedCall(asked.id, slug_of(asked.name)[:LONGEST_NAME], "", asked.input, is_literal=True)


def _parallel(terms: Terms) -> int:
    most: int = settings.BATCH_MAX_PARALLEL
    return min(terms.max_parallel or settings.BATCH_PARALLEL, most)


def _result(asked: Asked, ends: Mapping[str, CallEnd]) -> Result:
    return refusal(asked.trouble) if asked.trouble else result_of(asked.name, ends[asked.id])
