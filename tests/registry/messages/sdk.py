"""The vendors' own types as the judges of what is sent back, and of what the tests send."""

from typing import Any

from anthropic.types import Message, MessageParam
from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
from openai.types.responses import Response, ResponseInputItemParam
from pydantic import TypeAdapter

_ANTHROPIC: TypeAdapter[Any] = TypeAdapter(MessageParam)
_CHAT: TypeAdapter[Any] = TypeAdapter(ChatCompletionMessageParam)
_ITEM: TypeAdapter[Any] = TypeAdapter(ResponseInputItemParam)


def takes_anthropic(message: dict[str, Any]) -> None:
    _exhaust(_ANTHROPIC.validate_python(message))


def takes_chat(message: dict[str, Any]) -> None:
    _exhaust(_CHAT.validate_python(message))


def takes_item(item: dict[str, Any]) -> None:
    _exhaust(_ITEM.validate_python(item))


def gave_anthropic(answer: dict[str, Any]) -> dict[str, Any]:
    Message.model_validate(answer)
    return answer


def gave_chat(answer: dict[str, Any]) -> dict[str, Any]:
    ChatCompletion.model_validate(answer)
    return answer


def gave_responses(answer: dict[str, Any]) -> dict[str, Any]:
    Response.model_validate(answer)
    return answer


def _exhaust(value: Any) -> None:
    """What the types call Iterable is looked at only when it is gone through."""
    if isinstance(value, dict):
        for inner in value.values():
            _exhaust(inner)
    elif not isinstance(value, str | bytes) and hasattr(value, "__iter__"):
        for inner in value:
            _exhaust(inner)
