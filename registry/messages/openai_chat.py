"""OpenAI's Chat Completions: the `tool_calls` of an assistant message become tool messages.

Shapes as in the vendor's SDK, types/chat/chat_completion_message.py and
types/chat/chat_completion_tool_message_param.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accounts.errors import Fault
from registry.messages.asked import Asked
from registry.messages.media import note
from registry.messages.questions import CUSTOM, Question, Questions, Write, function, text_of
from registry.messages.refusing import refuse, refuse_many, refuse_repeated
from registry.messages.results import Result

LEGACY_ID = "function_call"
"""The one call of a message from before there were ids."""


def read_chat(message: Mapping[str, Any], place: str) -> Questions:
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        refuse([Fault(f"{place}.tool_calls", "Give the list of tool calls, as it came.")])
    if not calls and message.get("function_call") is not None:
        return _read_legacy(message["function_call"], f"{place}.function_call")
    return read_calls(calls or [], f"{place}.tool_calls")


def read_calls(calls: Sequence[Any], place: str) -> Questions:
    refuse_many(len(calls), place)
    refuse(fault for index, call in enumerate(calls) for fault in _faults(call, f"{place}[{index}]"))
    refuse_repeated([call["id"] for call in calls], place)
    return Questions("messages", [Question(_asked(call), _tool_message(call["id"])) for call in calls])


def _read_legacy(called: Any, place: str) -> Questions:
    asked = function(LEGACY_ID, called)
    if not asked.name:
        refuse([Fault(place, "Give the function with its `name`, as it came: its result is known by it.")])
    return Questions("messages", [Question(asked, lambda result: _function_message(asked.name, result))])


def _faults(call: Any, place: str) -> Iterator[Fault]:
    if not isinstance(call, dict):
        yield Fault(place, "Give a tool call, as it came.")
        return
    if not isinstance(call.get("id"), str) or not call["id"]:
        yield Fault(f"{place}.id", "A tool call has its id here. Send the call as it came.")


def _asked(call: Mapping[str, Any]) -> Asked:
    is_function = call.get("type", "function") == "function"
    return function(call["id"], call.get("function")) if is_function else Asked(call["id"], "", {}, CUSTOM)


def _tool_message(call_id: str) -> Write:
    return lambda result: {"role": "tool", "tool_call_id": call_id, "content": _text_only(result)}


def _function_message(name: str, result: Result) -> dict[str, Any]:
    return {"role": "function", "name": name, "content": _text_only(result)}


def _text_only(result: Result) -> str:
    """A tool message holds text and nothing else."""
    notes = (f"{note(media, n)} cannot be shown: this API takes text only." for n, media in enumerate(result.media, 1))
    return "\n".join([text_of(result), *notes])
