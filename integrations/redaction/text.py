"""Finding what is to be masked within one string, and masking it."""

from collections.abc import Sequence

from integrations.redaction.detectors import Span
from integrations.redaction.families import Family, merged
from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import SECRETS_MASKED, Rules

SHORTEST_SUSPECT = 6
"""The shortest text in which a format finds something: `pwd='1`."""


def redact_text(text: str, *, secrets: KnownSecrets | None = None, rules: Rules = SECRETS_MASKED) -> str:
    """The very same string when nothing is to be masked."""
    spans = find(text, rules.families, secrets or KnownSecrets())
    return rendered(text, spans, rules) if spans else text


def redact_beginning(text: str, longest: int, *, secrets: KnownSecrets, rules: Rules) -> str:
    """So many letters of the text, and the whole of what begins in them: half a secret would not be found."""
    spans = [span for span in find(text, rules.families, secrets) if span.start < longest]
    return rendered(text[: max([longest, *(span.end for span in spans)])], spans, rules)


def find(text: str, families: tuple[Family, ...], known: KnownSecrets, start: int = 0, name: str = "") -> list[Span]:
    """What is to be masked from `start` on: in order, and no two overlap. `name` is that of the text's field."""
    found = list(known.find(text, start)) if known.values else []
    if len(text) >= SHORTEST_SUSPECT:
        for family in families:
            if family.may_hold(text):
                found += _after_name(text, family, name) if name and family.reads_names else family.find(text, start)
    return merged(found) if found else found


def rendered(text: str, spans: Sequence[Span], rules: Rules) -> str:
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], rules.render(span.kind, text[span.start : span.end])]
        end = span.end
    return "".join([*parts, text[end:]])


def _after_name(text: str, family: Family, name: str) -> list[Span]:
    """As if it were written `name: text`, since a field's name says what a word before it would say."""
    lead = f"{name}: "
    spans = family.find(lead + text, len(lead))
    return [Span(span.start - len(lead), span.end - len(lead), span.kind) for span in spans]
