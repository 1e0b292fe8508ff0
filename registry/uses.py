"""Who uses a connection: the tools that go out with it now, and the agents that lately did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.models import Agent
from integrations.models import Connection
from registry.models import Execution, TenantTool, Tool, ToolVersion
from registry.models.version import VersionState

LATELY = timedelta(days=7)
MOST_TOOLS = 500
MOST_LATELY = 200


@dataclass(frozen=True)
class ToolUse:
    """A tool whose next call goes out with the connection."""

    id: UUID
    slug: str
    name: str
    is_bound: bool
    """It was given this connection; else it goes out with whatever is its connector's default."""


@dataclass(frozen=True)
class LateUse:
    """Calls of one tool by one agent that went out with the connection."""

    tool: str
    agent_id: UUID | None
    agent: str
    """Its slug; empty for calls of people."""
    calls: int
    last_at: datetime


@dataclass(frozen=True)
class Uses:
    tools: Sequence[ToolUse]
    """By slug, at most MOST_TOOLS."""
    lately: Sequence[LateUse]
    """Within LATELY, the latest first, at most MOST_LATELY."""


def uses_of(connection: Connection) -> Uses:
    """At most four queries. Inside the tenant's scope."""
    return Uses(tools_with(connection), late_uses(connection))


def tools_with(connection: Connection) -> list[ToolUse]:
    """Of an end user's connection none: no tool is theirs."""
    if connection.end_user:
        return []
    given = Exists(TenantTool.objects.filter(tool=OuterRef("pk"), connection=connection))
    own = Q(connection__isnull=False, connection=connection)  # false, and not unknown, where there is none
    tools = Tool.objects.living().annotate(is_bound=own | Q(given))
    wanted = Q(is_bound=True)
    if _is_usual(connection):
        wanted |= going_through(connection.connector) & Q(connection=None) & ~_has_another(connection)
    rows = tools.filter(wanted).order_by("slug").values_list("id", "slug", "name", "is_bound")
    return [ToolUse(*row) for row in rows[:MOST_TOOLS]]


def going_through(connector: str) -> Q:
    """Those of which some version that may be called goes out through the connector."""
    versions = ToolVersion.objects.alias(connector=KT("definition__connector")).filter(
        tool=OuterRef("pk"), connector=connector
    )
    return Q(Exists(versions.exclude(state=VersionState.RETIRED)))


def late_uses(connection: Connection) -> list[LateUse]:
    since = timezone.now() - LATELY
    rows = (
        Execution.objects.filter(connection_id=connection.id, id__gte=first_id_at(since), attempts__gt=0)
        .order_by()
        .values("tool_slug", "agent_id")
        .annotate(calls=Count("id"), last_at=Max("started_at"))
        .order_by("-last_at")[:MOST_LATELY]
    )
    found = list(rows)
    slugs = dict(Agent.objects.filter(id__in={row["agent_id"] for row in found}).values_list("id", "slug"))
    return [
        LateUse(
            tool=row["tool_slug"],
            agent_id=row["agent_id"],
            agent=slugs.get(row["agent_id"], ""),
            calls=row["calls"],
            last_at=row["last_at"],
        )
        for row in found
    ]


def _is_usual(connection: Connection) -> bool:
    """Whether tools that name none go out with it: the default, or the only one."""
    if connection.is_default:
        return True
    others = Connection.objects.living().filter(connector=connection.connector, end_user="").exclude(id=connection.id)
    return not others.exists()


def _has_another(connection: Connection) -> Q:
    """Shared tools that the tenant gave another connection."""
    own = TenantTool.objects.filter(tool=OuterRef("pk"), connection__isnull=False).exclude(connection=connection)
    return Q(Exists(own))
