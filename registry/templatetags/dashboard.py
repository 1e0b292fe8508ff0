"""How the dashboard writes numbers and states."""

import json

from django import template

from accounts.chrome.cells import readable_duration
from registry.live.frames import ExecutionLine

register = template.Library()

NOTHING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}\N{NARROW NO-BREAK SPACE}"
_TONES = {
    "succeeded": "good",
    "failed": "bad",
    "refused": "warn",
    "pending": "info",
    "running": "info",
    "cancelled": "mute",
    "stale": "warn",
    "failing": "bad",
}


@register.filter
def tone(status: str) -> str:
    """The colour of a status: the name of one of the badge's tones."""
    return _TONES.get(status, "mute")


@register.simple_tag
def tones() -> str:
    """The same for live.js."""
    return json.dumps(_TONES)


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


@register.filter
def share(part: float | None) -> str:
    """As percent: one decimal below ten, and never 0 % for what did happen."""
    if part is None:
        return NOTHING
    percent = part * 100
    return f"{max(percent, 0.1 if part else 0):.1f} %" if percent < 10 else f"{percent:.0f} %"


@register.filter
def milliseconds(duration: float | str | None) -> str:
    if not isinstance(duration, int | float):
        return NOTHING
    return readable_duration(round(duration * 1000))


@register.filter
def why(line: ExecutionLine) -> str:
    """What kept it from succeeding, and how many refusals it stands for."""
    return f"{line.code} {TIMES}{line.count:,}" if line.count > 1 else line.code
