"""Anthropic's Messages API: `tool_use` blocks of an assistant message become `tool_result` blocks of a user message.

Other blocks are not ours: text, thinking, and what Anthropic's servers run themselves (`server_tool_use`,
`mcp_tool_use`, …). Shapes as in the vendor's SDK, types/tool_use_block.py and types/tool_result_block_param.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from accounts.errors import Fault, Invalid
from registry.messages.asked import NAMELESS, NO_OBJECT, Asked
from registry.messages.media import Media, note
from registry.messages.refusing import refuse, refuse_many, refuse_repeated
from registry.messages.results import Result

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
DOCUMENTS = frozenset({"application/pdf"})


def read_message(message: Any) -> list[Asked]:
    """The calls of an assistant message, or of the API's whole answer. Raises Invalid for what is neither."""
    blocks = message.get("content") if isinstance(message, dict) else None
    if not isinstance(message, dict) or message.get("role") != "assistant" or not isinstance(blocks, list | str):
        raise Invalid(
            "This is no assistant message.",
            faults=[Fault("$", "Send the model's message as it came: `role` is `assistant`, `content` its blocks.")],
        )
    if isinstance(blocks, str):
        return []
    refuse(fault for index, block in enumerate(blocks) for fault in _faults(block, f"$.content[{index}]"))
    uses = [block for block in blocks if block.get("type") == "tool_use"]
    refuse_many(len(uses), "$.content")
    refuse_repeated([use["id"] for use in uses], "$.content")
    return [_asked(block) for block in uses]


def _faults(block: Any, place: str) -> Iterator[Fault]:
    if not isinstance(block, dict):
        yield Fault(place, "Give a content block: an object with a `type`.")
        return
    if block.get("type") == "tool_use" and (not isinstance(block.get("id"), str) or not block["id"]):
        yield Fault(f"{place}.id", "A `tool_use` block has a string here. Send the block as it came.")


def _asked(block: Mapping[str, Any]) -> Asked:
    """What is wrong with a call that has an id is told to the model, which can mend it."""
    name, values = block.get("name"), block.get("input")
    if not isinstance(name, str) or not name:
        return Asked(block["id"], "", {}, NAMELESS)
    if block.get("toolset_name"):
        tool = f"{block['toolset_name']}.{name}"
        trouble = f"native_tool: `{tool[:200]}` is of a toolset that your own runtime runs. It has to run it."
        return Asked(block["id"], name, {}, trouble)
    if not isinstance(values, dict):
        return Asked(block["id"], name, {}, NO_OBJECT)
    return Asked(block["id"], name, values)


def write_message(message: Mapping[str, Any], asked: Sequence[Asked], results: Sequence[Result]) -> dict[str, Any]:
    """The user message to send back: exactly one `tool_result` for every `tool_use`, in their order."""
    toolsets = {
        block["id"]: block["toolset_name"]
        for block in message["content"]
        if isinstance(block, dict) and block.get("type") == "tool_use" and block.get("toolset_name")
    }
    blocks = []
    for each, result in zip(asked, results, strict=True):
        block: dict[str, Any] = {"type": "tool_result", "tool_use_id": each.id, "content": _content(result)}
        if result.is_error:
            block["is_error"] = True
        if each.id in toolsets:
            block["toolset_name"] = toolsets[each.id]
        blocks.append(block)
    return {"role": "user", "content": blocks}


def _content(result: Result) -> str | list[dict[str, Any]]:
    if not result.media:
        return result.text
    return [{"type": "text", "text": result.text}, *(_block(media, n) for n, media in enumerate(result.media, 1))]


def _block(media: Media, number: int) -> dict[str, Any]:
    source = {"type": "base64", "media_type": media.content_type, "data": media.base64}
    if media.can_be_sent and media.content_type in IMAGES:
        return {"type": "image", "source": source}
    if media.can_be_sent and media.content_type in DOCUMENTS:
        return {"type": "document", "source": source}
    return {"type": "text", "text": f"{note(media, number)} cannot be shown: it is too large, or not an image or PDF."}
