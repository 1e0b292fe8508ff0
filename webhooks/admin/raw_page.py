"""A request as it came, and its signature: what was signed, what would be right, and what came, side by side."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import subtle
from accounts.chrome.pretty import LONGEST, one_sees, pretty_json
from webhooks.events.inspect_signature import Inspection
from webhooks.events.read_raw import AsItCame
from webhooks.models import WebhookEvent

LONGEST_DUMP = 4_096
"""Bytes that are shown of what is no text."""
PER_LINE = 16


@dataclass(frozen=True)
class Comparison:
    """A signature that would be right, and whether one like it came."""

    secret: UUID | None
    computed: str
    matches: bool


def raw_context(event: WebhookEvent, found: AsItCame) -> dict[str, Any]:
    now = found.signature.now
    return {
        "title": "As it came",
        "raw": found.raw,
        "body": shown_body(found.raw.body),
        "curl": found.curl,
        "verdict": now,
        "at_receipt": found.signature.at_receipt,
        "comparisons": _comparisons(found.signature),
        "received": [(signature, signature in now.computed) for signature in now.received],
        "signed": None if now.signed in (None, found.raw.body) else shown_body(now.signed),
        "signs_body": now.signed is not None and now.signed == found.raw.body,
    }


def _comparisons(signature: Inspection) -> list[Comparison]:
    now = signature.now
    secrets: list[UUID | None] = list(signature.secrets)
    secrets += [None] * (len(now.computed) - len(secrets))
    return [
        Comparison(secret, computed, computed in now.received)
        for secret, computed in zip(secrets, now.computed, strict=False)
    ]


def shown_body(body: bytes | None) -> SafeString:
    """JSON with its kinds marked, any other text as it is, and what is none as bytes."""
    if body is None:
        return subtle("It was not kept.")
    if not body:
        return subtle("Empty.")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _dump(body)
    try:
        return pretty_json(json.loads(text))
    except (ValueError, RecursionError):
        return _text(text) if "\0" not in text else _dump(body)


def _text(text: str) -> SafeString:
    block = format_html('<pre class="qm-json qm-wrap" tabindex="0">{}</pre>', one_sees(text[:LONGEST]))
    if len(text) <= LONGEST:
        return block
    hint = f"The first {LONGEST:,} of {len(text):,} characters."
    return format_html('{}<p class="qm-hint">{}</p>', block, hint)


def _dump(body: bytes) -> SafeString:
    """As hexadecimal digits and letters, sixteen bytes a line."""
    shown = body[:LONGEST_DUMP]
    lines = [
        f"{at:06x}  {shown[at : at + PER_LINE].hex(' '):<48}  {_letters(shown[at : at + PER_LINE])}"
        for at in range(0, len(shown), PER_LINE)
    ]
    more = f" It is no text; the first {LONGEST_DUMP:,} bytes." if len(body) > LONGEST_DUMP else " It is no text."
    return format_html(
        '<pre class="qm-json" tabindex="0">{}</pre><p class="qm-hint">{} bytes.{}</p>',
        "\n".join(lines),
        f"{len(body):,}",
        more,
    )


def _letters(line: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in line)
