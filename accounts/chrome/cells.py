"""How values look in lists and on detail pages: badges, times, durations, links."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

NOTHING = mark_safe('<span class="qm-subtle">&ndash;</span>')

GOOD, WARN, BAD, INFO, MUTE = "good", "warn", "bad", "info", "mute"
"""The tones of a badge."""

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (86_400 * 60, 86_400, "d"))


def badge(text: str, tone: str, *, dot: bool = True) -> SafeString:
    return format_html('<span class="qm-badge qm-{}{}">{}</span>', tone, "" if dot else " qm-badge-plain", text)


def mono(text: object) -> SafeString:
    return format_html('<code class="qm-mono">{}</code>', text)


def subtle(text: object) -> SafeString:
    return format_html('<span class="qm-subtle">{}</span>', text)


def two_lines(first: object, second: object) -> SafeString:
    return format_html(
        '<span class="qm-two"><span class="qm-two-first">{}</span><span class="qm-two-second">{}</span></span>',
        first,
        second,
    )


def moment(at: datetime | None) -> SafeString:
    """To the second, in UTC."""
    if at is None:
        return NOTHING
    return _time(at, at.strftime("%-d %b %Y, %H:%M:%S"))


def ago(at: datetime | None) -> SafeString:
    """Roughly how long ago, or how long until; the exact time is in its title."""
    if at is None:
        return NOTHING
    seconds = (timezone.now() - at).total_seconds()
    return _time(at, f"{_roughly(seconds)} ago" if seconds >= 0 else f"in {_roughly(-seconds)}")


def duration(microseconds: int | None) -> SafeString:
    if microseconds is None:
        return NOTHING
    return format_html('<span class="qm-number">{}</span>', readable_duration(microseconds))


def readable_bytes(size: int) -> str:
    """Three figures or so: `840 bytes`, `64.0 kB`, `1.2 GB`; thousands, as quotas are written."""
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{size} bytes" if unit == "bytes" else f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"


def readable_duration(microseconds: int) -> str:
    """Three figures or so: `840 µs`, `12.3 ms`, `1.24 s`."""
    if microseconds < 1_000:
        return f"{microseconds} µs"
    if microseconds < 1_000_000:
        milliseconds = microseconds / 1_000
        return f"{milliseconds:.1f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"
    return f"{microseconds / 1_000_000:.2f} s"


def _roughly(seconds: float) -> str:
    for below, unit, name in _STEPS:
        if seconds < below:
            return f"{int(seconds // unit)} {name}"
    return f"{int(seconds // 86_400 // 30)} months"


def _time(at: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        at.isoformat(),
        at.strftime("%A, %-d %B %Y, %H:%M:%S.%f")[:-3],
        text,
    )
