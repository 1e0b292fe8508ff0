"""What both of OpenAI's APIs have in common: functions with their arguments as text, and no field for errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from registry.messages.asked import NAMELESS, Asked, read_arguments
from registry.messages.results import Result

CUSTOM = "custom_tool: Quartermaster's tools take JSON arguments, and this call is of a tool that takes free text."
Write = Callable[[Result], dict[str, Any]]


@dataclass(frozen=True)
class Question:
    """A call, and how its result is written."""

    asked: Asked
    write: Write


@dataclass(frozen=True)
class Questions:
    envelope: str
    """Under which name the results are returned: `messages` to be appended, or `input` to be sent."""
    each: Sequence[Question]

    @property
    def asked(self) -> list[Asked]:
        return [question.asked for question in self.each]

    def answer(self, results: Sequence[Result]) -> dict[str, Any]:
        return {self.envelope: [question.write(result) for question, result in zip(self.each, results, strict=True)]}


def function(call_id: str, called: Any) -> Asked:
    """A call of a function, however much of it is missing."""
    name = called.get("name") if isinstance(called, dict) else None
    if not isinstance(name, str) or not name:
        return Asked(call_id, "", {}, NAMELESS)
    arguments, trouble = read_arguments(called.get("arguments"))
    return Asked(call_id, name, arguments, trouble)


def text_of(result: Result) -> str:
    return f"Error: {result.text}" if result.is_error else result.text
