"""Masking secrets within one string."""

import base64
import json
from collections.abc import Sequence
from urllib.parse import quote

from integrations.redaction.formats import Detector, Family

_SHORTEST_SUSPECT = 8
_SHORTEST_SECRET = 4
_ALONE_BELOW = 8


def mask(kind: str) -> str:
    return f"[redacted:{kind}]"


def redact_text(text: str, families: tuple[Family, ...], secrets: Sequence[str] = ()) -> tuple[str, int]:
    """The text with secrets masked, and how many were: the very same string when there were none."""
    count = 0
    for secret in secrets:
        text, found = _mask_known(text, secret)
        count += found
    if len(text) < _SHORTEST_SUSPECT:
        return text, count
    for family in families:
        for detector in family.suspects(text):
            text, found = _mask_format(text, detector)
            count += found
    return text, count


def _mask_format(text: str, detector: Detector) -> tuple[str, int]:
    parts, end, group = [], 0, "secret" if "secret" in detector.pattern.groupindex else 0
    for match in detector.pattern.finditer(text):
        if detector.accept(match):
            parts += [text[end : match.start(group)], mask(detector.kind)]
            end = match.end(group)
    return ("".join([*parts, text[end:]]), len(parts) // 2) if parts else (text, 0)


def _mask_known(text: str, secret: str) -> tuple[str, int]:
    if len(secret) < _SHORTEST_SECRET:
        return text, 0
    count = 0
    # Not by regular expressions: the module re would keep the secret in its cache.
    for form in _forms(secret):
        if form in text:
            text, found = _replace(text, form)
            count += found
    return text, count


def _forms(secret: str) -> list[str]:
    """The secret as it may stand in URLs, JSON and headers, the longest form first."""
    data = secret.encode("utf-8", "surrogatepass")
    encoded = [base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()]
    forms = {secret, quote(data, safe=""), json.dumps(secret)[1:-1], *encoded}
    forms |= {form.rstrip("=") for form in encoded}
    return sorted(forms, key=lambda form: (-len(form), form))


def _replace(text: str, form: str) -> tuple[str, int]:
    if len(form) >= _ALONE_BELOW:
        return text.replace(form, mask("secret")), text.count(form)
    parts, end, count = [], 0, 0
    while (start := text.find(form, end)) >= 0:
        after = start + len(form)
        alone = not text[start - 1 : start].isalnum() and not text[after : after + 1].isalnum()
        parts += [text[end:start], mask("secret") if alone else form]
        count += alone
        end = after
    return "".join([*parts, text[end:]]), count
