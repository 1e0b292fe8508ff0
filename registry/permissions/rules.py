"""Making, changing and removing permission rules. What was changed counts from the next call on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict, Fault, Invalid, NotFound
from accounts.roles import Right
from accounts.tenants import bump_generation
from registry.models import PermissionRule
from registry.models.permission_rule import CALLER_LISTS, TOOL_LISTS
from registry.permissions.check import check_expiry, check_rule

FACTS = frozenset({"name", "effect", *TOOL_LISTS, *CALLER_LISTS, "conditions", "expires_at", "enabled", "note"})
MOST_RULES = 1_000
"""Of a tenant."""


def make_rule(
    *,
    tenant_id: UUID,
    by: Actor,
    facts: Mapping[str, Any],
    approval_id: UUID | None = None,
    answers_id: UUID | None = None,
) -> PermissionRule:
    """A new rule, `name` and `effect` at least.

    `approval_id` is that of the approval that it remembers, `answers_id` that of the rule that had asked.

    Raises Forbidden, Invalid with every fault, and Conflict when the tenant has too many.
    """
    by.require(Right.PEOPLE)
    refuse_others(facts, FACTS)
    _refuse_missing(facts)
    if PermissionRule.objects.count() >= MOST_RULES:
        raise Conflict(f"There are {MOST_RULES:,} permission rules already. Remove some, or let one say more.")
    rule = PermissionRule(
        tenant_id=tenant_id, created_by=by.actor, approval_id=approval_id, answers_id=answers_id, **facts
    )
    _refuse_faulty(rule, [*check_rule(rule), *check_expiry(rule.expires_at)])
    rule.save(force_insert=True)
    detail = {"effect": rule.effect} | ({"approval": str(approval_id)} if approval_id else {})
    _tell(rule, by, "rule.made", detail)
    return rule


def change_rule(*, rule: PermissionRule, by: Actor, changes: Mapping[str, Any]) -> PermissionRule:
    """Set what differs. Raises as `make_rule`, and NotFound for a rule that was removed meanwhile."""
    by.require(Right.PEOPLE)
    refuse_others(changes, FACTS)
    locked = _lock(rule)
    changed = sorted(name for name, value in changes.items() if getattr(locked, name) != value)
    if not changed:
        return locked
    for name in changed:
        setattr(locked, name, changes[name])
    _refuse_faulty(locked, [*check_rule(locked), *(check_expiry(locked.expires_at) if "expires_at" in changed else ())])
    locked.save(update_fields=[*changed, "updated_at"])
    _tell(locked, by, _action(changed, locked), {"effect": locked.effect, "fields": changed})
    return locked


def remove_rule(*, rule: PermissionRule, by: Actor) -> None:
    """Take a rule away for good. Raises Forbidden, and NotFound when it is gone already."""
    by.require(Right.PEOPLE)
    locked = _lock(rule)
    _tell(locked, by, "rule.removed", {"effect": locked.effect})
    locked.delete()


def find_rule(rule_id: UUID) -> PermissionRule:
    """Raises NotFound."""
    rule = PermissionRule.objects.filter(id=rule_id).first()
    if rule is None:
        raise _not_found()
    return rule


def _lock(rule: PermissionRule) -> PermissionRule:
    locked = PermissionRule.objects.select_for_update(of=("self",)).filter(id=rule.id).first()
    if locked is None:
        raise _not_found()
    return locked


def _not_found() -> NotFound:
    return NotFound("There is no such permission rule. `GET /api/v1/permission-rules/` lists those that there are.")


def _refuse_missing(facts: Mapping[str, Any]) -> None:
    missing = [Fault(f"$.{name}", "This is needed.") for name in ("name", "effect") if name not in facts]
    if missing:
        raise Invalid("The permission rule says too little. See `errors`.", faults=missing)


def _refuse_faulty(rule: PermissionRule, faults: list[Fault]) -> None:
    if faults:
        raise Invalid("The permission rule cannot be like this. See `errors` for each fault.", faults=faults)


def _action(changed: list[str], rule: PermissionRule) -> str:
    if changed != ["enabled"]:
        return "rule.changed"
    return "rule.enabled" if rule.enabled else "rule.disabled"


def _tell(rule: PermissionRule, by: Actor, action: str, detail: Mapping[str, Any]) -> None:
    record(tenant_id=rule.tenant_id, actor=by.actor, action=action, subject=f"rule:{rule.id}", detail=detail)
    bump_generation(rule.tenant_id)
