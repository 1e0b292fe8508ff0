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


def pretty_json(value: Any) -> SafeString:
    """A scrolling block. A value that is too long says how much of it is shown and where the rest is."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) <= LONGEST:
        return format_html('<pre class="qm-json" tabindex="0">{}</pre>', _coloured(text))
    return format_html(
        '<pre class="qm-json" tabindex="0">{}</pre><p class="qm-hint">The first {} of {} characters. '
        "The API gives the whole.</p>",
        _coloured(text[:LONGEST]),
        f"{LONGEST:,}",
        f"{len(text):,}",
    )


def ticked(text: Any) -> SafeString:
    """What stands in `backticks` in our sentences, as code."""
    pieces = str(text).split("`")
    if len(pieces) % 2 == 0:
        return format_html("{}", text)
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", piece) if odd % 2 else piece,) for odd, piece in enumerate(pieces))
    )


def _coloured(text: str) -> SafeString:
    pieces: list[str] = []
    end = 0
    for match in _TOKEN.finditer(text):
        pieces.append(escape(text[end : match.start()]))
        pieces.append(f'<span class="qm-json-{match.lastgroup}">{escape(match[0])}</span>')
        end = match.end()
    return mark_safe("".join([*pieces, escape(text[end:])]))  # noqa: S308  every piece was escaped
