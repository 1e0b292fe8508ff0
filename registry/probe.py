"""Asking tools how they are: each health endpoint in turn, by any number of workers.

1. claim: what is due is put off to its next turn, which is also how long a worker that dies keeps others waiting
2. ask, outside of any transaction
3. note what was heard, and one event per tenant for each change
"""

import logging
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from accounts.errors import QuartermasterError
from accounts.tenancy import platform
from integrations.egress import EgressRequest, EgressRules, narrowing
from integrations.egress.blocking import send
from registry.health import HEARD, become, hear, record_changes
from registry.models import Tool, ToolHealth
from registry.models.health import HealthStatus

log = logging.getLogger(__name__)

ACTOR = "system:probe"
MOST_AT_ONCE = 100
THREADS = 16
PATIENCE_SECONDS = 5.0
LARGEST_ANSWER_BYTES = 1_000_000
LONGEST_DETAIL = 500
# Not the same for all, so that tools registered together are not asked together for ever.
TURN_SECONDS = (25.0, 35.0)


@dataclass(frozen=True)
class Question:
    tool_id: UUID
    url: str
    rules: EgressRules


def probe_due(*, at: datetime | None = None) -> int:
    """Ask every tool whose turn has come; returns how many were asked."""
    asked = 0
    while questions := claim(at or timezone.now()):
        with ThreadPoolExecutor(THREADS, thread_name_prefix="probe") as threads:
            complaints = dict(zip((one.tool_id for one in questions), threads.map(ask, questions), strict=True))
        note(complaints)
        asked += len(questions)
    return asked


def claim(now: datetime) -> list[Question]:
    """The tools that are due and that no other worker is asking."""
    with platform():
        due = ToolHealth.objects.due_for_probe(now).order_by("probe_at").select_for_update(skip_locked=True)
        ids = list(due.values_list("tool_id", flat=True)[:MOST_AT_ONCE])
        next_turn = now + timedelta(seconds=random.uniform(*TURN_SECONDS))  # noqa: S311  spreads load, no secret
        ToolHealth.objects.filter(tool__in=ids).update(probe_at=next_turn)
        return [_question(tool) for tool in Tool.objects.filter(id__in=ids).select_related("tenant")]


def _question(tool: Tool) -> Question:
    tenant = tool.tenant
    rules = EgressRules(
        tenant_slug=tenant.slug if tenant else "",
        tenant_networks=narrowing(tenant.egress_networks) if tenant else None,
        timeout_seconds=PATIENCE_SECONDS,
        max_response_bytes=LARGEST_ANSWER_BYTES,
    )
    return Question(tool.id, tool.health_endpoint, rules)


def ask(question: Question) -> str:
    """What is wrong with the tool; empty when it is well, which only an answer of 2xx says."""
    try:
        answer = send(EgressRequest("GET", question.url), rules=question.rules)
    except QuartermasterError as error:
        return error.message[:LONGEST_DETAIL]
    except Exception as error:  # whatever broke, the tool was not heard of
        log.exception("A probe broke", extra={"action": "probe_broke", "tool": str(question.tool_id)})
        return f"The probe broke: {type(error).__name__}. The log has the rest."
    return "" if 200 <= answer.status < 300 else f"It answered with HTTP {answer.status}."


def note(complaints: Mapping[UUID, str]) -> None:
    """Keep what was heard of each tool; those that were retired or have no endpoint any more are left alone."""
    changed: dict[tuple[UUID | None, HealthStatus], list[UUID]] = defaultdict(list)
    with platform():
        rows = list(ToolHealth.objects.select_for_update().filter(tool__in=complaints).order_by("tool_id"))
        tools = Tool.objects.living().in_bulk(complaints)
        asked = [row for row in rows if row.probe_at is not None and row.tool_id in tools]
        for row in asked:
            before = row.status
            _note_one(row, tools[row.tool_id], complaints[row.tool_id])
            if row.status != before:
                changed[row.tenant_id, HealthStatus(row.status)].append(row.tool_id)
        ToolHealth.objects.bulk_update(asked, HEARD)
        _record(changed.items())


def _note_one(row: ToolHealth, tool: Tool, complaint: str) -> None:
    now = timezone.now()
    if complaint:
        become(row, HealthStatus.FAILING, now, complaint)
    else:
        hear(row, tool, now, now, from_endpoint=True)


def _record(changed: Iterable[tuple[tuple[UUID | None, HealthStatus], list[UUID]]]) -> None:
    for (tenant_id, status), tools in changed:
        record_changes(tenant_id, status, tools, ACTOR)
