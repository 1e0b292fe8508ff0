"""The answer as it is told and kept: with the fields that the caller asked for, within the budget in tokens.

What is cached is the whole answer, so this comes after the cache, for fresh and cached answers alike. An answer above
the threshold is told in part, and whatever was left out is kept as an artifact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from registry.artifacts.content import Content, content_of, is_binary
from registry.execution.types import Answer, Target, Told, ToolCall
from registry.shaping.budget import FEWEST_TOKENS, Cut, Fitted, fit
from registry.shaping.fields import project
from registry.shaping.order import in_order
from registry.shaping.weight import PER_TOKEN, tokens_of, weigh

CutsMasked = Callable[[Sequence[Cut]], Sequence[Cut]]

PREVIEW_TOKENS = 1000
"""What is told of an answer above the threshold when the caller named no budget."""


LOOKED_THROUGH = 1_000_000
"""The weight above which the row's form is made of what is told, not of the whole: that would take seconds."""
LONGEST_STRING = 200_000
"""Of a string of such an answer, what is looked through: much more than is told, so that no secret is cut in two."""


def part_for_row(call: ToolCall, target: Target, answer: Answer, raw: Any) -> Any:
    """What of the raw output has to be redacted for the row: all of it, or of a very large one what is told.

    Strings are whole, whatever was cut of them: half a secret would not be known for one.
    """
    if weigh(raw, LOOKED_THROUGH) <= LOOKED_THROUGH:
        return raw
    shape = _Shape(call.fields, _budget(call, target), _threshold(target), is_binary(answer.output))
    return _part(project(raw, call.fields) if call.fields else raw, shape.given_to(answer.output).value)


def _part(raw: Any, told: Any) -> Any:
    if isinstance(raw, dict) and isinstance(told, dict):
        return {name: _part(raw[name], told[name]) for name in told if name in raw}
    if isinstance(raw, list) and isinstance(told, list):
        return [_part(item, shown) for item, shown in zip(raw, told, strict=False)]
    return raw[:LONGEST_STRING] if isinstance(raw, str) else raw


def present(call: ToolCall, target: Target, answer: Answer, stored: Any, weight: int, stored_cuts: CutsMasked) -> Told:
    """`stored` is the redacted form of the output, the very same object when nothing had to be masked; `stored_cuts`
    makes that of cuts. `weight` is what the answer weighed before secrets were taken out of it.

    Of a very large answer it is a part: then it is not known whether the rest holds secrets, so it is taken to.
    """
    output = answer.output
    asked_for = call.fields or call.max_tokens or target.max_output_tokens
    threshold, binary = _threshold(target), is_binary(output)
    if not (asked_for or binary) and (weight <= threshold or weigh(output, threshold) <= threshold):
        return Told(output, stored, whole=output)
    shape = _Shape(call.fields, _budget(call, target), threshold, binary)
    told = shape.given_to(output)
    kept = told if stored is output else shape.given_to(stored)
    return Told(
        told.value,
        kept.value,
        whole=output,
        truncated=_truncated(told, told.cuts, shape) if told.cuts else None,
        stored_truncated=_truncated(told, stored_cuts(told.cuts), shape) if told.cuts else None,
        content=_kept(answer, is_masked=stored is not output and stored != output) if told.cuts or binary else None,
    )


def _kept(answer: Answer, *, is_masked: bool) -> Content:
    return replace(content_of(answer.output, answer.media_type), holds_secrets=is_masked)


def _budget(call: ToolCall, target: Target) -> int | None:
    return min((each for each in (call.max_tokens, target.max_output_tokens) if each), default=None)


def _threshold(target: Target) -> int:
    return int(target.artifact_threshold_bytes or settings.ARTIFACT_THRESHOLD_BYTES)


@dataclass(frozen=True)
class _Shape:
    fields: tuple[str, ...]
    budget: int | None
    threshold: int
    binary: bool

    def given_to(self, output: Any) -> Fitted:
        chosen = project(output, self.fields) if self.fields else output
        budget = self._above if weigh(chosen, self.threshold) > self.threshold else self.budget
        if budget is None:
            return Fitted(in_order(chosen), ())
        if self.binary and weigh(chosen, budget * PER_TOKEN) > budget * PER_TOKEN:
            return _without_bytes(chosen)
        return fit(chosen, budget)

    @property
    def _above(self) -> int:
        """The budget of an answer above the threshold: no larger than what would be below it."""
        below = max(self.threshold // PER_TOKEN, FEWEST_TOKENS)
        return min(self.budget or PREVIEW_TOKENS, below)


def _without_bytes(binary: dict[str, Any]) -> Fitted:
    """Half of a picture is none."""
    kept = {name: value for name, value in binary.items() if name != "base64"}
    data = binary.get("base64", "")
    return Fitted(in_order(kept), (Cut(("base64",), "characters", 0, len(data)),) if data else ())


def _truncated(told: Fitted, cuts: Sequence[Cut], shape: _Shape) -> dict[str, Any]:
    return {
        "max_tokens": shape.budget,
        "tokens": tokens_of(told.value),
        "cuts": [cut.as_told() for cut in cuts],
        "more_cuts": told.more_cuts,
    }
