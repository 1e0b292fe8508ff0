"""OpenAI's Responses: `function_call` items become `function_call_output` items.

Shapes as in the vendor's SDK, types/responses/response_function_tool_call.py and
types/responses/response_input_item_param.py: FunctionCallOutput.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accounts.errors import Fault
from registry.messages.asked import Asked
from registry.messages.media import Media, note
from registry.messages.questions import CUSTOM, Question, Questions, Write, function, text_of
from registry.messages.refusing import refuse, refuse_repeated
from registry.messages.results import Result

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
FILES = {"application/pdf": "file.pdf"}
OUTPUTS = {"function_call": "function_call_output", "custom_tool_call": "custom_tool_call_output"}
"""What becomes of which. Every other item is not ours: OpenAI's servers, or the runtime itself, run it."""


def read_items(items: Sequence[Any], place: str) -> Questions:
    refuse(
        Fault(f"{place}[{index}]", "Give an item: an object with a `type`.")
        for index, item in enumerate(items)
        if not isinstance(item, dict)
    )
    ours = [(f"{place}[{index}]", item) for index, item in enumerate(items) if item.get("type") in OUTPUTS]
    refuse(fault for where, item in ours for fault in _faults(item, where))
    refuse_repeated([item["call_id"] for _, item in ours], place)
    return Questions("input", [Question(_asked(item), _output_item(item)) for _, item in ours])


def _faults(item: Mapping[str, Any], place: str) -> Iterator[Fault]:
    names = ("call_id", "name", "arguments") if item["type"] == "function_call" else ("call_id", "name")
    for name in names:
        if not isinstance(item.get(name), str) or (name == "call_id" and not item[name]):
            yield Fault(f"{place}.{name}", "This is a string. Send the item as it came.")


def _asked(item: Mapping[str, Any]) -> Asked:
    if item["type"] == "function_call":
        return function(item["call_id"], item)
    return Asked(item["call_id"], item["name"], {}, CUSTOM)


def _output_item(item: Mapping[str, Any]) -> Write:
    def write(result: Result) -> dict[str, Any]:
        output = {"type": OUTPUTS[item["type"]], "call_id": item["call_id"], "output": _output(result)}
        if isinstance(item.get("caller"), dict):
            output["caller"] = item["caller"]
        return output

    return write


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
