"""What travels between planning and installing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from accounts.errors import Fault
from registry.models import Tool, ToolVersion


class Change(StrEnum):
    """What installing an action does."""

    NEW = "new"
    UNCHANGED = "unchanged"
    RETOLD = "retold"
    """Only what is said of the tool changed: its versions stay."""
    PATCH = "patch"
    MINOR = "minor"
    """Callers may do or get more than before."""
    MAJOR = "major"
    """Callers of the version before would break."""
    GONE = "gone"
    """The connector has the action no more."""


@dataclass(frozen=True)
class PlannedAction:
    action: str
    slug: str
    """The tool's."""
    change: Change
    version: str
    """What is published, or stands already."""
    tokens: int
    """What its definition takes of a model's context, by the estimate."""
    tool_id: UUID | None = None
    """None: there is no tool yet."""
    breaks: tuple[Fault, ...] = ()
    """What callers of the version before would stumble over."""
    faults: tuple[Fault, ...] = ()
    """What keeps it from being installed."""


@dataclass(frozen=True)
class Plan:
    actions: tuple[PlannedAction, ...]
    """Those that were chosen, in the connector's order, and then those that are gone."""

    @property
    def tokens(self) -> int:
        """Of all together, without those that are gone."""
        return sum(planned.tokens for planned in self.actions if planned.change is not Change.GONE)

    @property
    def counts(self) -> Mapping[Change, int]:
        return Counter(planned.change for planned in self.actions)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(fault for planned in self.actions for fault in planned.faults)


@dataclass(frozen=True)
class Installed(Plan):
    """What was done: each action with its tool."""


@dataclass(frozen=True)
class Draft:
    """One action with the rows that installing it writes."""

    planned: PlannedAction
    tool: Tool
    version: ToolVersion | None = None
    """To be published; None: none is."""
