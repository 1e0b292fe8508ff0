"""The answer as it is told and kept: with the fields that the caller asked for, within the budget in tokens.

What is cached is the whole answer, so this comes after the cache, for fresh and cached answers alike.
"""

from dataclasses import asdict
from typing import Any

from registry.execution.types import Target, Told, ToolCall
from registry.shaping.budget import Fitted, fit
from registry.shaping.fields import project
from registry.shaping.order import in_order
from registry.shaping.weight import tokens_of


def present(call: ToolCall, target: Target, output: Any, stored: Any) -> Told:
    """`stored` is the redacted form of `output`, the very same object when nothing had to be masked."""
    budget = _budget(call, target)
    if not (call.fields or budget):
        return Told(output, stored)
    told = _shortened(output, call.fields, budget)
    kept = told if stored is output else _shortened(stored, call.fields, budget)
    return Told(told.value, kept.value, _truncated(told, budget) if told.cuts else None)


def _budget(call: ToolCall, target: Target) -> int | None:
    return min((each for each in (call.max_tokens, target.max_output_tokens) if each), default=None)


def _shortened(output: Any, fields: tuple[str, ...], budget: int | None) -> Fitted:
    chosen = project(output, fields) if fields else output
    return fit(chosen, budget) if budget else Fitted(in_order(chosen), ())


def _truncated(told: Fitted, budget: int | None) -> dict[str, Any]:
    return {
        "max_tokens": budget,
        "tokens": tokens_of(told.value),
        "cuts": [asdict(cut) for cut in told.cuts],
        "more_cuts": told.more_cuts,
    }
