"""What makes a permission rule a good one: a fault with its path for everything that is wrong."""

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from django.utils import timezone

from accounts.decisions import Decision
from accounts.errors import Fault
from accounts.models import Agent
from accounts.roles import Role
from registry.models import PermissionRule
from registry.models.permission_rule import CALLER_LISTS, TOOL_LISTS
from registry.models.tool import NodeType
from registry.permissions.conditions import check_conditions

LONGEST_NAME = 100
LONGEST_NOTE = 2_000
LONGEST_WORD = 64
MOST_WORDS = 100
MOST_CONDITIONS = 20

_TOOL = re.compile(r"[a-z0-9*?-]{1,64}")
_KNOWN = {"roles": Role.values, "node_types": NodeType.values}


def check_rule(rule: PermissionRule) -> list[Fault]:
    """Inside the tenant's scope: agents are looked up."""
    faults = [
        *_text_faults("$.name", rule.name, longest=LONGEST_NAME, needed=True),
        *_text_faults("$.note", rule.note, longest=LONGEST_NOTE),
        *_choice_faults("$.effect", rule.effect, Decision.values),
        *check_conditions("$.conditions", rule.conditions, most=MOST_CONDITIONS),
    ]
    for name in (*TOOL_LISTS, *CALLER_LISTS):
        faults += _word_faults(f"$.{name}", getattr(rule, name), _KNOWN.get(name))
    return faults or [*_tool_faults(rule.tools), *_agent_faults(rule.agents)]


def check_expiry(expires_at: datetime | None) -> Iterator[Fault]:
    """Apart from the rest: a rule that has expired can still be changed."""
    if expires_at is not None and expires_at <= timezone.now():
        yield Fault("$.expires_at", "Give a time in the future, or null: the rule would be out of force at once.")


def _text_faults(path: str, text: object, *, longest: int, needed: bool = False) -> Iterator[Fault]:
    if not isinstance(text, str) or len(text) > longest or (needed and not text.strip()):
        yield Fault(path, f"Give {'1 to' if needed else 'at most'} {longest:,} characters.")


def _choice_faults(path: str, value: object, known: Collection[str]) -> Iterator[Fault]:
    if not isinstance(value, str) or value not in known:
        yield Fault(path, f"Give one of: {', '.join(known)}.")


def _word_faults(path: str, words: object, known: Collection[str] | None) -> Iterator[Fault]:
    if not isinstance(words, list) or len(words) > MOST_WORDS:
        yield Fault(path, f"Give a list of at most {MOST_WORDS} words; an empty one means any.")
        return
    for index, word in enumerate(words):
        if not isinstance(word, str) or not 0 < len(word) <= LONGEST_WORD:
            yield Fault(f"{path}[{index}]", f"Give a word of at most {LONGEST_WORD} characters.")
        elif known is not None:
            yield from _choice_faults(f"{path}[{index}]", word, known)


def _tool_faults(tools: list[str]) -> Iterator[Fault]:
    for index, tool in enumerate(tools):
        if not _TOOL.fullmatch(tool):
            yield Fault(
                f"$.tools[{index}]",
                "Give a slug, in which `*` stands for any letters and `?` for one: `crm-*`. There are no upper-case "
                "letters in slugs.",
            )


def _agent_faults(agents: list[str]) -> Iterator[Fault]:
    known = set(Agent.objects.filter(slug__in=agents).values_list("slug", flat=True)) if agents else set()
    for index, slug in enumerate(agents):
        if slug not in known:
            yield Fault(
                f"$.agents[{index}]", "There is no such agent. `GET /api/v1/agents/` lists those that there are."
            )
