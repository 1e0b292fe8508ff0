"""JSON for people: indented, coloured by kind, and cut where a page could no longer bear it."""

import json
import re
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

LONGEST = 100_000
"""Characters shown of one value."""

_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=:))|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\b(?:true|false|null)\b)'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
)


# What is not seen, or changes the order in which one reads: a person who decides must not be fooled by it.
_UNSEEN = re.compile(
    "[\\x7f-\\x9f\\xad\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164"
    "\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\U000e0000-\\U000e0fff]"
)


def pretty_json(value: Any, longest: int = LONGEST) -> SafeString:
    """A scrolling block. A value that is too long says how much of it is shown and where the rest is."""
    text = one_sees(json.dumps(value, indent=2, ensure_ascii=False))
    if len(text) <= longest:
        return format_html('<pre class="qm-json" tabindex="0">{}</pre>', coloured(text))
    return format_html(
        '<pre class="qm-json" tabindex="0">{}</pre><p class="qm-hint">The first {} of {} characters. '
        "The API gives the whole.</p>",
        coloured(text[:longest]),
        f"{longest:,}",
        f"{len(text):,}",
    )


def one_sees(text: str) -> str:
    """The text, with what nobody would see written as JSON writes it: `\\u202e`."""
    return _UNSEEN.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def ticked(text: Any) -> SafeString:
    """What stands in `backticks` in our sentences, as code."""
    pieces = str(text).split("`")
    if len(pieces) % 2 == 0:
        return format_html("{}", text)
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", piece) if odd % 2 else piece,) for odd, piece in enumerate(pieces))
    )


def coloured(text: str) -> SafeString:
    """JSON, or a line of it, with its kinds marked."""
    pieces: list[str] = []
    end = 0
    for match in _TOKEN.finditer(text):
        pieces.append(escape(text[end : match.start()]))
        pieces.append(f'<span class="qm-json-{match.lastgroup}">{escape(match[0])}</span>')
        end = match.end()
    return mark_safe("".join([*pieces, escape(text[end:])]))  # noqa: S308  every piece was escaped
