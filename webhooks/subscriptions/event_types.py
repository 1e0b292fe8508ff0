"""Which events a subscription is told of: actions of the audit trail, written out or with wildcards."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.errors import Fault

MOST_TYPES = 50
EXAMPLE = '["execution.failed", "approval.*"]'

OPEN = frozenset(
    (
        *("tool", "version", "health", "execution", "cancellation", "approval", "artifact", "breaker"),
        *("memory", "memory_import", "embedding_model"),
        *("connection", "connect_link", "import", "imported_connector"),
        *("webhook_source", "webhook_secret", "webhook_event", "webhook_route", "webhook_run"),
    )
)
GUARDED = frozenset(
    {"tenant", "person", "agent", "key", "rule", "oauth_app", "data_key", "namespace_rule", "memory_erasure"}
)
"""Of these only the audit trail tells, which not every role may read."""
OWN = frozenset({"webhook_subscription", "webhook_delivery"})
"""Of these whoever is told by `*` would be told because they are told."""
FAMILIES = OPEN | GUARDED | OWN
"""The first words of all actions."""

# One wildcard in a word: with more of them, whether a pattern matches could take long to find out.
_WORD = r"(?=[a-z_*])[a-z_]*\*?[a-z_]*"
_TYPE = re.compile(rf"{_WORD}(\.{_WORD})?")
_LONGEST = 64


@dataclass(frozen=True)
class EventTypes:
    """A subscription's `event_types`, read once."""

    _wanted: re.Pattern[str]

    def include(self, action: str) -> bool:
        return self._wanted.fullmatch(action) is not None


def read_event_types(types: Iterable[str]) -> EventTypes:
    """Of checked types."""
    return EventTypes(re.compile("|".join(_pattern_of(each) for each in types)))


def guarded_in(types: Iterable[str]) -> list[str]:
    """Those that tell what only the audit trail tells."""
    return [each for each in types if family_of(each) in GUARDED]


def check_event_types(where: str, given: object) -> Iterator[Fault]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_TYPES:
        yield Fault(where, f"Give a list of 1 to {MOST_TYPES} event types, such as {EXAMPLE}.")
        return
    for index, each in enumerate(given):
        if not isinstance(each, str) or len(each) > _LONGEST or not _TYPE.fullmatch(each):
            yield Fault(f"{where}[{index}]", f"Give an event type, with one `*` in a word at most, as in {EXAMPLE}.")
        elif "*" not in family_of(each) and family_of(each) not in FAMILIES:
            yield Fault(f"{where}[{index}]", f"There is no such event. The first words are: {_listed(FAMILIES)}.")


def family_of(event_type: str) -> str:
    return event_type.partition(".")[0]


def _pattern_of(event_type: str) -> str:
    """A wildcard in the first word stands for the open families only: the others have to be named."""
    family, _, word = event_type.partition(".")
    of_family = _with_wildcards(family)
    if "*" in family:
        of_family = "|".join(each for each in sorted(OPEN) if re.fullmatch(of_family, each)) or r"(?!)"
    return rf"(?:{of_family})\.(?:{_with_wildcards(word or '*')})"


def _with_wildcards(word: str) -> str:
    return word.replace("*", "[a-z_]*")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
