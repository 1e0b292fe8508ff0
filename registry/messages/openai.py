"""OpenAI's two APIs through one door: what came says which it is.

Chat Completions: an assistant message with `tool_calls` (or the old `function_call`), the calls alone, or the whole
answer. Responses: the whole answer, its items, or one of them. What OpenAI's servers run themselves
(`web_search_call`, `mcp_call`, …) and everything else is left alone.
"""

from typing import Any

from accounts.errors import Fault, Invalid
from registry.messages.openai_chat import read_calls, read_chat
from registry.messages.openai_items import read_items
from registry.messages.questions import Questions


def read_answer(body: Any) -> Questions:
    """The calls in what a model answered. Raises Invalid for what is neither API's."""
    if isinstance(body, list):
        return read_calls(body, "$") if body and all(map(_is_of_chat, body)) else read_items(body, "$")
    if isinstance(body, dict):
        if isinstance(body.get("choices"), list):
            return read_chat(_only_message(body["choices"]), "$.choices[0].message")
        if isinstance(body.get("output"), list):
            return read_items(body["output"], "$.output")
        if body.get("role") == "assistant":
            return read_chat(body, "$")
        if isinstance(body.get("type"), str):
            return read_items([body], "$")
    raise Invalid(
        "This is neither an assistant message nor items of an answer.",
        faults=[Fault("$", "Send what the model answered as it came: a message with `tool_calls`, or `output`.")],
    )


def _is_of_chat(call: Any) -> bool:
    return isinstance(call, dict) and ("function" in call or "custom" in call or call.get("type") == "function")


def _only_message(choices: list[Any]) -> Any:
    message = choices[0].get("message") if len(choices) == 1 and isinstance(choices[0], dict) else None
    if not isinstance(message, dict) or message.get("role") != "assistant":
        raise Invalid(
            "This answer holds no single assistant message.",
            faults=[Fault("$.choices", "Choose one of the choices, and send its `message`.")],
        )
    return message
