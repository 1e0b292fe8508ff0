"""An answer that stands for later calls, too: approving one call makes a permission rule that allows those like it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.caller import Actor
from accounts.decisions import Decision
from accounts.errors import Fault, Invalid
from integrations.vault import open_sealed
from registry.models import Approval, Execution, PermissionRule
from registry.permissions import rules
from registry.permissions.check import LONGEST_NAME, MOST_CONDITIONS
from registry.permissions.conditions import LONGEST_VALUE

MOST_ARGUMENTS = MOST_CONDITIONS
"""A rule has no room for more."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Whom(models.TextChoices):
    """Whose later calls the answer stands for."""

    AGENT = "agent", "This agent"
    ROLE = "role", "Every agent of its role"
    EVERYBODY = "everybody", "Everybody"


@dataclass(frozen=True)
class Remember:
    whom: Whom
    arguments: tuple[str, ...] = ()
    """Arguments that must have the very values of this call; none: whatever the input."""
    until: datetime | None = None
    """None: for ever."""

    @classmethod
    def read(cls, wanted: Mapping[str, Any]) -> "Remember":
        """As the API's body and the page's form name it."""
        return cls(Whom(wanted["scope"]), tuple(wanted["arguments"]), wanted["until"])


def make_rule(*, approval: Approval, execution: Execution, by: Actor, remember: Remember) -> PermissionRule:
    """A rule that allows calls like this one, and closes the question of the rule that had asked.

    Raises Invalid on what cannot be remembered, and what making a rule raises: Forbidden, Conflict.
    """
    if remember.until is not None and remember.until <= timezone.now():
        raise _invalid("until", "Give a time in the future, or leave it out.")
    facts = {
        "name": f"Approved: {approval.tool_slug} for {_called(approval, remember.whom)}"[:LONGEST_NAME],
        "effect": Decision.ALLOW,
        "tools": [approval.tool_slug],
        **_callers(approval, remember.whom),
        "conditions": _conditions(approval, execution, remember.arguments),
        "expires_at": remember.until,
        "note": _note(approval),
    }
    return rules.make_rule(
        tenant_id=approval.tenant_id, by=by, facts=facts, approval_id=approval.id, answers_id=approval.rule_id
    )


def _called(approval: Approval, whom: Whom) -> str:
    if whom is Whom.EVERYBODY or approval.agent is None:
        return "everybody"
    return approval.agent.slug if whom is Whom.AGENT else f"the role {approval.agent.role}"


def _note(approval: Approval) -> str:
    asked = PermissionRule.objects.filter(id=approval.rule_id).first() if approval.rule_id else None
    if asked is None:
        return "Remembered from an approval."
    return f"Remembered from an approval: where the rule “{asked.name}” would ask, nobody is asked any more."


def _callers(approval: Approval, whom: Whom) -> dict[str, list[str]]:
    if whom is Whom.EVERYBODY:
        return {}
    if approval.agent is None:
        raise _invalid("scope", "A person made this call, so no agent can be named. Choose everybody.")
    return {"agents": [approval.agent.slug]} if whom is Whom.AGENT else {"roles": [approval.agent.role]}


def _conditions(approval: Approval, execution: Execution, arguments: tuple[str, ...]) -> list[dict[str, Any]]:
    """One for each of the arguments: the very value that is sealed with the call."""
    if len(approval.tool_version.endpoints) > 1:
        raise _invalid(
            "scope", "This tool has several operations, and a rule cannot tell them apart. Approve this call alone."
        )
    raw = _raw_input(execution) if arguments else {}
    return [_condition(approval, raw, index, name) for index, name in enumerate(arguments)]


def _condition(approval: Approval, raw: Mapping[str, Any], index: int, name: str) -> dict[str, Any]:
    where = f"arguments[{index}]"
    if name not in raw:
        raise _invalid(where, f"The call has no argument `{name}`.")
    value = raw[name]
    if not _is_plain(value):
        raise _invalid(where, f"`{name}` is an object, a list or too long. Only plain values can be remembered.")
    if name not in rememberable(approval) or value != rememberable(approval)[name]:
        raise _invalid(where, f"`{name}` is masked, and secrets are not written into rules. Leave it out.")
    return {"path": _path(name), "op": "eq", "value": value}


def _path(name: str) -> str:
    return f"$.{name}" if _WORD.fullmatch(name) else f"$[{json.dumps(name)}]"


def _raw_input(execution: Execution) -> dict[str, Any]:
    raw = open_sealed(
        tenant_id=execution.tenant_id,
        purpose="execution",
        field=f"{execution.id}:input",
        sealed=execution.sealed_input or b"",
    )
    values: dict[str, Any] = json.loads(raw)
    return values


def _invalid(field: str, sentence: str) -> Invalid:
    return Invalid(
        "The answer cannot be remembered like this. See `errors`.", faults=[Fault(f"$.remember.{field}", sentence)]
    )


def rememberable(approval: Approval) -> dict[str, Any]:
    """Arguments whose values a rule can be about: no objects and arrays, nothing that was masked."""
    given = approval.input if isinstance(approval.input, dict) else {}
    return {name: value for name, value in given.items() if _is_plain(value) and not _is_masked(value)}


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list) and len(str(value)) <= LONGEST_VALUE


def _is_masked(value: Any) -> bool:
    return isinstance(value, str) and ("[redacted:" in value or "[hashed:" in value)
