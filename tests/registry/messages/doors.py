"""The two doors for models' messages, with the vendors' types as the judges of what comes back."""

from typing import Any

from tests.corridor import Corridor
from tests.registry.messages.sdk import takes_anthropic, takes_chat, takes_item


def to_anthropic(corridor: Corridor, message: Any, query: str = "", **headers: str) -> list[dict[str, Any]]:
    answer = corridor.post(f"executions/anthropic/{query}", message, **headers)
    assert answer.status_code == 200, answer.json()
    takes_anthropic(answer.json())
    assert answer.json()["role"] == "user"
    content: list[dict[str, Any]] = answer.json()["content"]
    return content


def to_openai(corridor: Corridor, message: Any, **headers: str) -> Any:
    answer = corridor.post("executions/openai/", message, **headers)
    assert answer.status_code == 200, answer.json()
    body = answer.json()
    for each in body.get("messages", []):
        takes_chat(each)
    for each in body.get("input", []):
        takes_item(each)
    return body
