"""What a tenant's rules together say: compiled once per generation, narrowed to a tool, decided per call.

Deny beats ask beats allow; where no rule matches, the tenant's default decides. An answer that was remembered closes
the question of the rule that had asked, and no other one. Everything here is pure.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.decisions import Decision
from registry.models import PermissionRule
from registry.permissions.conditions import Condition, read_condition

DESTRUCTIVE = "destructive"
"""The permission whose versions have a default of their own."""

_STRONGEST_FIRST = (Decision.DENY, Decision.ASK, Decision.ALLOW)


@dataclass(frozen=True)
class ToolFacts:
    """What rules look at in a tool and its version."""

    slug: str
    category: str = ""
    capabilities: frozenset[str] = frozenset()
    connector: str = ""
    node_type: str = ""
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CallFacts:
    """What rules look at in a call."""

    input: Mapping[str, Any]
    agent: str = ""
    """The agent's slug; empty for a person."""
    role: str = ""
    provider: str = ""
    """The agent's own, which an admin wrote down."""
    claimed_provider: str = ""
    """What the call says of itself."""


@dataclass(frozen=True)
class Verdict:
    """The answer of `permit`."""

    decision: Decision
    rule_id: UUID | None = None
    """The rule that decided; None: the tenant's default."""
    reason: str = ""


@dataclass(frozen=True, eq=False)
class CompiledRule:
    id: UUID
    name: str
    effect: Decision
    note: str
    expires_at: datetime | None
    agents: frozenset[str]
    roles: frozenset[str]
    providers: frozenset[str]
    conditions: tuple[Condition, ...]
    answers: UUID | None = None
    """The rule whose question it answers."""

    def matches(self, call: CallFacts, at: datetime) -> bool:
        """What cannot be told for certain matches, unless the rule allows."""
        if self.expires_at is not None and self.expires_at <= at:
            return False
        if (self.agents and call.agent not in self.agents) or (self.roles and call.role not in self.roles):
            return False
        if self.providers and not self._is_provider(call):
            return False
        if self.effect is Decision.ALLOW:
            return all(condition.certainly(call.input) for condition in self.conditions)
        return all(condition.possibly(call.input) for condition in self.conditions)

    def _is_provider(self, call: CallFacts) -> bool:
        """A claim can bring a rule upon oneself, not get rid of one."""
        told = {call.provider, call.claimed_provider} - {""}
        return bool(told) and (told <= self.providers if self.effect is Decision.ALLOW else bool(told & self.providers))


@dataclass(frozen=True, eq=False)
class ToolPolicy:
    """What may match a call of one version: the strongest rules first, then the newest."""

    default: Decision = Decision.ALLOW
    rules: tuple[CompiledRule, ...] = ()
    is_destructive: bool = False
    """Whether the default is that of destructive versions."""

    @property
    def is_open(self) -> bool:
        """Whether there is nothing to decide."""
        return not self.rules and self.default is Decision.ALLOW

    def matching(self, call: CallFacts, at: datetime) -> Iterator[CompiledRule]:
        return (rule for rule in self.rules if rule.matches(call, at))

    def decide(self, call: CallFacts, at: datetime) -> Verdict:
        for rule in self.matching(call, at):
            if rule.effect is not Decision.ASK or not self._is_answered(rule, call, at):
                return Verdict(rule.effect, rule.id, _because_of(rule))
        return Verdict(self.default, None, _by_default(self))

    def _is_answered(self, question: CompiledRule, call: CallFacts, at: datetime) -> bool:
        """Whether somebody's remembered answer to this very question allows the call. Other questions stay open."""
        return any(
            rule.answers == question.id and rule.effect is Decision.ALLOW and rule.matches(call, at)
            for rule in self.rules
        )


OPEN = ToolPolicy()
"""No rule, and all is allowed."""


def _because_of(rule: CompiledRule) -> str:
    note = f" {rule.note}" if rule.note else ""
    return f"the rule “{rule.name}” {_VERBS[rule.effect]}.{note}"


def _by_default(policy: ToolPolicy) -> str:
    of_what = "for destructive tools" if policy.is_destructive else "of the tenant"
    return f"no rule matches, and the default {of_what} {_VERBS[policy.default]}."


_VERBS = {Decision.ALLOW: "allows it", Decision.ASK: "asks for a person's approval", Decision.DENY: "denies it"}


def concerns(rule: PermissionRule, tool: ToolFacts) -> bool:
    """Whether the rule may match calls of this tool."""
    return (
        (not rule.tools or any(fnmatch.fnmatchcase(tool.slug, each) for each in rule.tools))
        and (not rule.categories or tool.category in rule.categories)
        and (not rule.capabilities or not tool.capabilities.isdisjoint(rule.capabilities))
        and (not rule.connectors or tool.connector in rule.connectors)
        and (not rule.node_types or tool.node_type in rule.node_types)
        and (not rule.permissions or not tool.permissions.isdisjoint(rule.permissions))
    )


@dataclass(frozen=True, eq=False)
class TenantPolicy:
    """All rules of a tenant, ready to be narrowed."""

    default: Decision
    destructive: Decision
    rules: tuple[tuple[PermissionRule, CompiledRule], ...] = ()

    def for_tool(self, tool: ToolFacts) -> ToolPolicy:
        is_destructive = DESTRUCTIVE in tool.permissions
        default = self.destructive if is_destructive else self.default
        rules = tuple(compiled for rule, compiled in self.rules if concerns(rule, tool))
        return ToolPolicy(default, rules, is_destructive)


def compile_policy(*, default: str, destructive: str, rules: Iterable[PermissionRule]) -> TenantPolicy:
    in_order = sorted(rules, key=lambda rule: (_STRONGEST_FIRST.index(Decision(rule.effect)), -rule.id.int))
    return TenantPolicy(Decision(default), Decision(destructive), tuple((rule, _compiled(rule)) for rule in in_order))


def _compiled(rule: PermissionRule) -> CompiledRule:
    return CompiledRule(
        id=rule.id,
        name=rule.name,
        effect=Decision(rule.effect),
        note=rule.note,
        expires_at=rule.expires_at,
        agents=frozenset(rule.agents),
        roles=frozenset(rule.roles),
        providers=frozenset(rule.providers),
        conditions=tuple(read_condition(each) for each in rule.conditions),
        answers=rule.answers_id,
    )
