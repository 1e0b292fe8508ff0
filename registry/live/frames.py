"""What is told at once, read from PostgreSQL.

A frame is everything between two positions; a snapshot is all there is to start from.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, IntegerField, JSONField, QuerySet, Value
from django.db.models.fields.json import KT
from django.utils import timezone

from accounts.models import AuditEntry
from accounts.sealing import head_of
from accounts.tenancy import within
from registry.health import EVENTS
from registry.live.circuits import CircuitChange, circuit_changes
from registry.live.stats import Numbers, fresh_numbers, numbers
from registry.live.waiting import Approvals, changed_in, standing
from registry.models import Execution, Tool

EXECUTIONS_PER_FRAME = 50
EXECUTIONS_IN_SNAPSHOT = 20
HEALTH_CHANGES_PER_FRAME = 20
TOOLS_NAMED = 10
"""Tools of one health change that are named; their number is told in any case."""
TOO_FAR_BEHIND = 5000
"""Entries: whoever missed more is better served with a snapshot."""

STALLED = timedelta(seconds=10)

_EXECUTION = "execution."
_LINE_COLUMNS = (
    *("id", "tool_slug", "tool_id", "version", "agent__slug"),
    *("status", "code", "started_at", "finished_at", "count"),
)
HEALTH_ACTIONS = {action: status.value for status, action in EVENTS.items()} | {"tool.retired": "retired"}


@dataclass(frozen=True)
class ExecutionLine:
    """An execution as a list shows it."""

    id: str
    tool: str
    tool_id: str | None
    version: str
    agent: str
    status: str
    code: str
    """What kept it from succeeding; empty when it did."""
    duration_ms: float | None
    started_at: str
    count: int


@dataclass(frozen=True)
class HealthChange:
    status: str
    tools: tuple[dict[str, str], ...]
    """Id and slug of the first ones."""
    count: int
    at: str


@dataclass(frozen=True)
class Frame:
    after: int
    """The position that whoever reads this must have reached."""
    upto: int
    """The position that they have reached then."""
    count: int
    """Executions that ended, all of them."""
    executions: tuple[ExecutionLine, ...]
    """The newest of these, newest first."""
    health: tuple[HealthChange, ...]
    circuits: tuple[CircuitChange, ...]
    approvals: Approvals
    counters: dict[str, Any]
    tools: dict[str, int]

    @property
    def text(self) -> str:
        return json.dumps({"type": "frame", **asdict(self)}, separators=(",", ":"))


@dataclass(frozen=True)
class Snapshot:
    position: int
    executions: tuple[ExecutionLine, ...]
    approvals: Approvals
    counters: dict[str, Any]
    tools: dict[str, int]

    @property
    def text(self) -> str:
        return json.dumps({"type": "snapshot", **asdict(self)}, separators=(",", ":"))


def frame(tenant_id: UUID, *, after: int, upto: int) -> Frame:
    """What happened to the tenant after the one position, up to the other; its numbers are counted now."""
    with within(tenant_id):
        return _frame(tenant_id, after, upto, fresh_numbers(tenant_id))


def missed(tenant_id: UUID, position: int) -> Frame | Snapshot | None:
    """What somebody at `position` has missed: nothing, a frame, or too much (or a position of another life)."""
    with within(tenant_id):
        newest = head_of(tenant_id).sequence
        if position == newest:
            return None
        if not 0 <= newest - position <= TOO_FAR_BEHIND:
            return _snapshot(tenant_id, newest)
        return _frame(tenant_id, position, newest, numbers(tenant_id))


def is_stalled(tenant_id: UUID) -> bool:
    """Whether something waits to be sealed for so long that nobody can be at it."""
    with within(tenant_id):
        waiting = AuditEntry.objects.filter(tenant_id=tenant_id).unsealed().values_list("at", flat=True).first()
        return waiting is not None and timezone.now() - waiting > STALLED


def snapshot(tenant_id: UUID) -> Snapshot:
    with within(tenant_id):
        return _snapshot(tenant_id, head_of(tenant_id).sequence)


def _snapshot(tenant_id: UUID, position: int) -> Snapshot:
    known = numbers(tenant_id)
    return Snapshot(
        position=position,
        executions=newest_executions(EXECUTIONS_IN_SNAPSHOT),
        approvals=standing(),
        counters=known.counters,
        tools=dict(known.tools),
    )


def _frame(tenant_id: UUID, after: int, upto: int, known: Numbers) -> Frame:
    entries = AuditEntry.objects.filter(tenant_id=tenant_id, sequence__gt=after, sequence__lte=upto)
    ended = entries.filter(action__startswith=_EXECUTION)
    subjects = ended.order_by("-sequence").values_list("subject", flat=True)[:EXECUTIONS_PER_FRAME]
    return Frame(
        after=after,
        upto=upto,
        count=ended.aggregate(number=Count("id"))["number"],
        executions=_lines(Execution.objects.filter(id__in=[_id_in(subject) for subject in subjects])),
        health=_health_changes(entries.filter(action__in=HEALTH_ACTIONS)),
        circuits=circuit_changes(entries),
        approvals=changed_in(entries),
        counters=known.counters,
        tools=dict(known.tools),
    )


def newest_executions(number: int) -> tuple[ExecutionLine, ...]:
    """Call it inside the tenant's scope."""
    return _lines(Execution.objects.all(), number)


def _lines(executions: QuerySet[Execution], number: int | None = None) -> tuple[ExecutionLine, ...]:
    rows = executions.order_by("-id").annotate(code=KT("error__code")).values_list(*_LINE_COLUMNS)
    return tuple(_line(*row) for row in rows[:number])


def _line(
    id_: UUID,
    tool: str,
    tool_id: UUID | None,
    version: str,
    agent: str | None,
    status: str,
    code: str | None,
    started_at: datetime,
    finished_at: datetime | None,
    count: int,
) -> ExecutionLine:
    return ExecutionLine(
        id=str(id_),
        tool=tool,
        tool_id=str(tool_id) if tool_id else None,
        version=version,
        agent=agent or "",
        status=status,
        code=code or "",
        duration_ms=round((finished_at - started_at).total_seconds() * 1000, 1) if finished_at else None,
        started_at=started_at.isoformat(),
        count=count,
    )


def _health_changes(entries: QuerySet[AuditEntry]) -> tuple[HealthChange, ...]:
    """A sweep's entry may hold a hundred thousand ids: PostgreSQL hands out the first few, and their number."""
    changed = (
        entries.order_by("-sequence")
        .annotate(first=_FIRST_TOOLS, number=_NUMBER_OF_TOOLS)
        .values_list("action", "first", "number", "at")[:HEALTH_CHANGES_PER_FRAME]
    )
    rows = list(changed)
    ids = {id_ for _, first, _, _ in rows for id_ in first}
    slugs = {str(id_): slug for id_, slug in Tool.objects.filter(id__in=ids).values_list("id", "slug")} if ids else {}
    return tuple(
        HealthChange(
            status=HEALTH_ACTIONS[action],
            tools=tuple({"id": id_, "slug": slugs[id_]} for id_ in first if id_ in slugs),
            count=number,
            at=at.isoformat(),
        )
        for action, first, number, at in rows
    )


_FIRST_TOOLS: Func = Func(
    F("detail"),
    Value(f"$.tools[0 to {TOOLS_NAMED - 1}]"),
    function="jsonb_path_query_array",
    template="%(function)s(%(expressions)s::jsonpath)",
    output_field=JSONField(),
)
_NUMBER_OF_TOOLS: Func = Func(F("detail__tools"), function="jsonb_array_length", output_field=IntegerField())


def _id_in(subject: str) -> str:
    return subject.partition(":")[2]
