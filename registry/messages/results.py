"""What a model is told of a call: text that it can act on, whether it is an error, and the images and files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.api.problems import problem
from registry.artifacts.content import is_binary
from registry.batches.types import UNFINISHED, CallEnd, Told
from registry.messages.media import Media, take_media
from registry.messages.names import is_native, of_the_runtime

LONGEST_TEXT = 100_000
"""Characters of one result: some 25,000 tokens."""


@dataclass(frozen=True)
class Result:
    text: str
    is_error: bool = False
    media: list[Media] = field(default_factory=list)


def result_of(name: str, end: CallEnd) -> Result:
    """The result of the call that the model made under this name."""
    if end.succeeded and end.execution is not None:
        return _given(end.execution)
    if end.status in UNFINISHED and end.execution is not None:
        return Result(
            f"`{name}` has not been run yet: it waits (execution {end.execution.id} is {end.status}). Do not call it "
            "again. Tell the user that it waits, and go on without its result."
        )
    document = (end.execution.error if end.execution else None) or (problem(end.error) if end.error else {})
    if document.get("code") == "tool_not_found" and is_native(name):
        return refusal(of_the_runtime(name))
    return refusal(_told(document))


def refusal(text: str) -> Result:
    return Result(_bounded(text, ""), is_error=True)


def _told(document: Mapping[str, Any]) -> str:
    return "\n".join(_lines(document))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document.get('code', 'error')}: {document.get('detail', 'The call did not succeed.')}"
    for fault in document.get("errors", []):
        yield f"{fault['path']}: {fault['message']}"
    if "upstream" in document:
        yield f"The service answered: {json.dumps(document['upstream'], ensure_ascii=False)}"
    if "retry_after" in document:
        yield f"Try again after {document['retry_after']:.0f} seconds."


def _given(execution: Told) -> Result:
    """What is too large is told in part, with how to read on; an image or file goes along nevertheless."""
    file = is_binary(execution.whole)
    output, media = take_media(execution.whole if file else execution.output)
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
    if execution.truncated and not file:
        text += f"\n[Cut off. {execution.truncated.get('rest', '')}]"
    return Result(_bounded(text, str(execution.id)), media=media)


def _bounded(text: str, execution_id: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    where = f" Execution {execution_id} holds all of it." if execution_id else ""
    return f"{text[:LONGEST_TEXT]}\n[Cut off: {len(text):,} characters in all, {LONGEST_TEXT:,} shown.{where}]"
