"""OpenAI's Responses: `function_call` items become `function_call_output` items.

What the runtime has to run itself (a shell, patches) is told to be its own, in the shape that its output has. A
`computer_call` is left alone: its output is a picture of a screen, which cannot say that there is none.

Shapes as in the vendor's SDK, types/responses/response_function_tool_call.py and
types/responses/response_input_item_param.py: FunctionCallOutput and its neighbours.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from accounts.errors import Fault
from registry.messages.asked import Asked
from registry.messages.media import Media, note
from registry.messages.names import of_the_runtime
from registry.messages.questions import CUSTOM, Question, Questions, Write, function, text_of
from registry.messages.refusing import refuse, refuse_many, refuse_repeated
from registry.messages.results import Result

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
FILES = {"application/pdf": "file.pdf"}
NOT_FOUND = 127
"""The exit code of a command that there is not."""


def read_items(items: Sequence[Any], place: str) -> Questions:
    refuse(
        Fault(f"{place}[{index}]", "Give an item: an object with a `type`.")
        for index, item in enumerate(items)
        if not isinstance(item, dict)
    )
    ours = [(f"{place}[{index}]", item) for index, item in enumerate(items) if _is_ours(item)]
    refuse_many(len(ours), place)
    refuse(
        Fault(f"{where}.call_id", "This is a string. Send the item as it came.")
        for where, item in ours
        if not isinstance(item.get("call_id"), str) or not item["call_id"]
    )
    refuse_repeated([item["call_id"] for _, item in ours], place)
    return Questions("input", [Question(_asked(item), _output_item(item)) for _, item in ours])


def _is_ours(item: Mapping[str, Any]) -> bool:
    """Also what is the runtime's; but not a shell that OpenAI's servers run, in a container of theirs."""
    environment = item.get("environment")
    hosted = isinstance(environment, dict) and environment.get("type") == "container_reference"
    return isinstance(item.get("type"), str) and item["type"] in _OUTPUTS and not hosted


def _asked(item: Mapping[str, Any]) -> Asked:
    if item["type"] == "function_call":
        return function(item["call_id"], item)
    if item["type"] == "custom_tool_call":
        return Asked(item["call_id"], "", {}, CUSTOM)
    return Asked(item["call_id"], "", {}, of_the_runtime(item["type"].removesuffix("_call")))


def _output_item(item: Mapping[str, Any]) -> Write:
    def write(result: Result) -> dict[str, Any]:
        output = {"type": f"{item['type']}_output", **_OUTPUTS[item["type"]](item["call_id"], result)}
        if isinstance(item.get("caller"), dict):
            output["caller"] = item["caller"]
        return output

    return write


def _function_output(call_id: str, result: Result) -> dict[str, Any]:
    return {"call_id": call_id, "output": _output(result)}


def _local_shell_output(call_id: str, result: Result) -> dict[str, Any]:
    return {"id": call_id, "output": json.dumps({"error": result.text}), "status": "incomplete"}


def _shell_output(call_id: str, result: Result) -> dict[str, Any]:
    outcome = {"type": "exit", "exit_code": NOT_FOUND}
    return {"call_id": call_id, "output": [{"stdout": "", "stderr": result.text, "outcome": outcome}]}


def _patch_output(call_id: str, result: Result) -> dict[str, Any]:
    return {"call_id": call_id, "status": "failed", "output": result.text}


_OUTPUTS: Mapping[str, Callable[[str, Result], dict[str, Any]]] = {
    "function_call": _function_output,
    "custom_tool_call": _function_output,
    "local_shell_call": _local_shell_output,
    "shell_call": _shell_output,
    "apply_patch_call": _patch_output,
}
"""How the output of each is written. Every other item is not ours: OpenAI's servers run it."""


def _output(result: Result) -> str | list[dict[str, Any]]:
    if not result.media:
        return text_of(result)
    return [_text_part(text_of(result)), *(_part(media, number) for number, media in enumerate(result.media, 1))]


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def _part(media: Media, number: int) -> dict[str, Any]:
    data = f"data:{media.content_type};base64,{media.base64}"
    if media.can_be_sent and media.content_type in IMAGES:
        return {"type": "input_image", "image_url": data, "detail": "auto"}
    if media.can_be_sent and media.content_type in FILES:
        return {"type": "input_file", "filename": FILES[media.content_type], "file_data": data}
    return _text_part(f"{note(media, number)} cannot be shown: it is too large, or not an image or PDF.")
