"""What an admin may decide about each kind of secret and personal data, and what holds where nobody has decided.

A policy has an answer for what is stored and one for what the caller gets. A tool's lies over its tenant's, and that
over the defaults. Secrets that the vault knows are masked in both, whatever a policy says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError

from integrations.redaction.rules import FIELDS, KINDS, SECRETS, Action, Rules, rules_of


class Form(StrEnum):
    STORED = "stored"
    """What is written down, pushed to pages, logged."""
    RETURNED = "returned"
    """What the caller gets, and what is kept in caches and artifacts for callers."""


Answers = Mapping[str, Action]
Policy = Mapping[str, Any]
"""As it is stored: `{"stored": {"email": "hash"}, "returned": {"card": "drop"}}`. What it does not name is open."""

# Who calls a tool to learn a contact's address has to get it; what lies about afterwards is another question.
DEFAULTS: Mapping[Form, Answers] = MappingProxyType(
    {
        Form.STORED: MappingProxyType(dict.fromkeys(KINDS, Action.MASK)),
        Form.RETURNED: MappingProxyType(dict.fromkeys(KINDS, Action.KEEP)),
    }
)
NEVER_STORED = frozenset({SECRETS, FIELDS})
"""Kinds that no policy can have stored as they are: one mistaken word would write passwords into backups."""
_STRICTNESS = (Action.KEEP, Action.HASH, Action.MASK, Action.DROP)
EXAMPLE = '{"stored": {"email": "hash"}, "returned": {"card": "mask"}}'


@dataclass(frozen=True)
class Redaction:
    """A policy, compiled."""

    stored: Rules
    returned: Rules


def faults(policy: Any) -> Iterator[tuple[str, str]]:
    """The path and a sentence for each fault; no path where it is about the whole."""
    if not isinstance(policy, Mapping):
        yield "", f"Give an object, such as {EXAMPLE}."
        return
    for form, answers in policy.items():
        if form not in list(Form):
            yield str(form), f"There is no such form. Known: {', '.join(Form)}."
        elif not isinstance(answers, Mapping):
            yield form, f'Give an object, such as {{"email": "{Action.HASH}"}}.'
        else:
            yield from _faults_of(Form(form), answers)


def _faults_of(form: Form, answers: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, action in answers.items():
        if kind not in KINDS:
            yield f"{form}.{kind}", f"There is no such kind. Known: {', '.join(KINDS)}."
        elif action not in list(Action):
            yield f"{form}.{kind}", f"Give one of {', '.join(Action)}."
        elif form is Form.STORED and kind in NEVER_STORED and action == Action.KEEP:
            yield f"{form}.{kind}", "Secrets are never stored as they are. Give `mask`, `hash` or `drop`."


def validate_policy(value: Any) -> None:
    """For a model's field. Raises ValidationError with all faults."""
    said = [f"{path}: {sentence}" if path else sentence for path, sentence in faults(value)]
    if said:
        raise ValidationError(said)


def answers(form: Form, tenant: Policy | None, tool: Policy | None = None, *, shared: bool = False) -> Answers:
    """What holds for each kind. The owner of a shared tool can make it stricter than a tenant wants, never looser."""
    of_tenant = {**DEFAULTS[form], **_said(form, tenant)}
    of_tool = {**of_tenant, **_said(form, tool)}
    if not shared:
        return of_tool
    return {kind: max(of_tenant[kind], of_tool[kind], key=_STRICTNESS.index) for kind in KINDS}


def compiled(tenant: Policy | None, tool: Policy | None = None, *, shared: bool = False, key: bytes = b"") -> Redaction:
    """`key` is what hashes are made with."""
    stored, returned = (frozenset(answers(form, tenant, tool, shared=shared).items()) for form in Form)
    return Redaction(rules_of(stored, key), rules_of(returned, key))


def hashes(*policies: Policy | None) -> bool:
    """Whether one of them asks for hashes, so that a key is needed."""
    return any(Action.HASH in _said(form, policy).values() for policy in policies for form in Form)


def _said(form: Form, policy: Policy | None) -> dict[str, Action]:
    """A word that nobody knows, from a newer version or a mended row, masks."""
    said = (policy or {}).get(form) or {}
    known = {
        kind: Action(word) if word in list(Action) else Action.MASK for kind, word in said.items() if kind in KINDS
    }
    if form is Form.STORED:
        known |= {kind: Action.MASK for kind in NEVER_STORED if known.get(kind) is Action.KEEP}
    return known


DEFAULT_REDACTION = compiled(None)
