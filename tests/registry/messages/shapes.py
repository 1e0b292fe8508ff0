"""Answers as the vendors' models give them, checked against the vendors' own types."""

import json
from typing import Any

from tests.registry.messages.sdk import gave_anthropic, gave_chat, gave_responses


def use(call_id: str, name: str, **values: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": values}


def anthropic(*blocks: dict[str, Any]) -> dict[str, Any]:
    return gave_anthropic(
        {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-4-5",
            "content": list(blocks),
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 10, "output_tokens": 20},
        }
    )


def tool_call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def chat(*calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": list(calls) or None, **more}
    gave_chat(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-5",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": None, "message": message}],
        }
    )
    return message


def function_call(call_id: str, name: str, arguments: Any, **more: Any) -> dict[str, Any]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "arguments": text, **more}


def responses(*items: dict[str, Any]) -> dict[str, Any]:
    return gave_responses(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": "gpt-5",
            "output": list(items),
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }
    )
