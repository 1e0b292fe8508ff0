"""What is done of a call of several steps, and how an error tells that."""

from dataclasses import dataclass, field
from typing import Any

from accounts.errors import QuartermasterError, Quote


@dataclass
class Journal:
    """It outlives an attempt: the next one goes on where that one ended."""

    answers: dict[str, Any] = field(default_factory=dict)
    """By step."""
    acted: list[str] = field(default_factory=list)
    """The steps that may have changed something."""
    failed_is_repeatable: bool = False
    """Whether what failed last may be sent again, now that the steps before it are not."""

    def told_by(self, error: QuartermasterError, step: str = "") -> QuartermasterError:
        """The error, saying where it stood. What the service said of it stays a quote. Without a step: between them."""
        failed = f"The step `{step}` failed" if step else "The call failed"
        done = f", after {_listed(self.acted)} had been done" if self.acted else ""
        kind = Quote if isinstance(error.message, Quote) else str
        error.message = kind(f"{failed}{done}: {error.message}")
        error.extra = {**error.extra, **({"step": step} if step else {}), "done": list(self.acted)}
        return error


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
