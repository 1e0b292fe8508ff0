"""Step 11: the forms of a call that leave it: what may be stored, pushed and shown, and what its caller may be told."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from accounts.api.problems import problem
from accounts.errors import LONGEST_QUOTE, Quote
from integrations.redaction import (
    KNOWN_ONLY,
    ItemRedactor,
    KnownSecrets,
    as_masked,
    findable,
    redact,
    redact_beginning,
    redact_text,
)
from integrations.redaction.declared import Places
from integrations.redaction.rules import Rules
from registry.execution.stored_input import stored_input
from registry.execution.types import Ending, Mode, ReturnedForms, StoredForms, ToolCall
from registry.redaction import ToolRedaction
from registry.shaping.budget import Cut

_KIND = ("type", "title", "status", "code")
"""What a problem document says in words of our own."""


def stored_forms(
    call: ToolCall,
    redaction: ToolRedaction,
    ending: Ending,
    secrets: Sequence[str] = (),
    hidden: Collection[str] = (),
) -> StoredForms:
    """`hidden` is what was masked where it came from: it is found wherever a tool has put it."""
    known = KnownSecrets(secrets)
    return StoredForms(
        input=stored_input(call, redaction, known),
        output=_without(hidden, _output(call, ending, redaction.stored, known, redaction.output)),
        error=_stored_error(ending, redaction.stored, secrets, hidden),
    )


def returned_forms(
    call: ToolCall, redaction: ToolRedaction, ending: Ending, secrets: Sequence[str] = ()
) -> ReturnedForms:
    """What a schema declares sensitive is for the caller, who has asked for it."""
    rules, known = redaction.returned, KnownSecrets(secrets)
    return ReturnedForms(output=_output(call, ending, rules, known), error=_error(ending, rules, known))


def stored_cuts(
    redaction: ToolRedaction, cuts: Sequence[Cut], secrets: Sequence[str] = (), hidden: Collection[str] = ()
) -> list[Cut]:
    """The way to a cut leads through names, which are masked like those of the stored output."""
    rules, known = redaction.stored, KnownSecrets((*secrets, *findable(hidden)))

    def masked(part: str | int) -> str | int:
        return redact_text(part, secrets=known, rules=rules) if isinstance(part, str) else part

    return [replace(cut, place=tuple(masked(part) for part in cut.place)) for cut in cuts]


def _output(call: ToolCall, ending: Ending, rules: Rules, known: KnownSecrets, declared: Places = ()) -> Any:
    if ending.answer is None:
        return None
    output = ending.answer.output
    if call.mode is Mode.STREAM and isinstance(output, list) and not (rules.keeps_all and not known):
        return _parts(output, rules, known)
    return redact(output, secrets=known, rules=rules, declared=declared).value


def _parts(parts: list[Any], rules: Rules, known: KnownSecrets) -> list[Any]:
    """The parts of a streamed answer: what is secret may be split over them."""
    redactor = ItemRedactor(known, rules=rules)
    return [told for part in parts for told in redactor.feed(part)] + redactor.finish()


def _error(ending: Ending, rules: Rules, known: KnownSecrets) -> dict[str, Any] | None:
    if ending.error is None:
        return None
    quoted = _with_short_quotes(problem(ending.error), rules, known)
    document: dict[str, Any] = redact(quoted, secrets=known, rules=rules).value
    return document


def _with_short_quotes(value: Any, rules: Rules, known: KnownSecrets) -> Any:
    if isinstance(value, Quote):
        return redact_beginning(value, LONGEST_QUOTE, secrets=known, rules=rules)
    if isinstance(value, dict):
        return {name: _with_short_quotes(inner, rules, known) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_short_quotes(inner, rules, known) for inner in value]
    return value


def _without(hidden: Collection[str], value: Any) -> Any:
    """Where there is too much to be looked for, the whole is taken to be made of it."""
    if not hidden:
        return value
    found = findable(hidden)
    return redact(value, secrets=KnownSecrets(found), rules=KNOWN_ONLY).value if found else as_masked(value, None)


def _stored_error(
    ending: Ending, rules: Rules, secrets: Sequence[str], hidden: Collection[str]
) -> dict[str, Any] | None:
    """What is hidden is looked for together with the secrets, before a quote is cut: half of it would not be found."""
    found = findable(hidden)
    document = _error(ending, rules, KnownSecrets((*secrets, *found)))
    if document is None or not hidden or ending.error is None:
        return document
    told = problem(ending.error)
    masked = document if found else as_masked(document, None)
    return {**masked, **{name: told[name] for name in _KIND if name in told}}
