"""What is queued. Each kind has a table of work and a table of lanes, which say how much of theirs runs at once."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import models

from webhooks.models import WebhookDelivery, WebhookRoute, WebhookRun, WebhookSubscription


@dataclass(frozen=True)
class Kind:
    model: type[WebhookRun] | type[WebhookDelivery]
    lanes: type[models.Model]
    """Rows with `enabled`, `deleted_at` and `concurrency`: of one that is disabled nothing is taken."""
    lane: str
    """The foreign key to the lane."""
    noun: str
    """As the audit trail names it."""
    died: str
    """The action of one that is given up."""
    redriven: str
    """The action of those that wait for an attempt again."""
    concurrency: str = "lane.concurrency"
    """In SQL: how many of a lane may run at once now."""
    condition: str = "TRUE"
    """In SQL: which rows of the table are of this kind."""
    tenant_id: UUID | None = None
    """None: those of all tenants."""
    has_order: bool = False
    """Whether rows of the same `order_key` wait for each other."""

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def lanes_table(self) -> str:
        return self.lanes._meta.db_table

    @property
    def attempt_of(self) -> str:
        """The foreign key of a WebhookAttempt to it."""
        return "delivery" if self.model is WebhookDelivery else "run"


# One that has rested is tried by a single run: `webhooks/queue/rest.py`.
_CONCURRENCY = """
    CASE WHEN lane.rests_until IS NULL THEN lane.concurrency
        WHEN lane.rests_until > statement_timestamp() THEN 0 ELSE 1 END
"""
RUNS = Kind(
    *(WebhookRun, WebhookRoute, "route", "webhook_run"),
    died="webhook_run.dead",
    redriven="webhook_run.redriven",
    concurrency=_CONCURRENCY,
    condition="target = 'tool'",
    has_order=True,
)
"""Those whose target is a tool: a worker takes them."""
RUNS_OF_AGENTS = replace(RUNS, condition="target = 'agent'", concurrency=Kind.concurrency)
"""Those that wait for an agent, whichever it is."""
DELIVERIES = Kind(
    *(WebhookDelivery, WebhookSubscription, "subscription", "webhook_delivery"),
    died="webhook_delivery.dead",
    redriven="webhook_delivery.redriven",
)


def runs_for(tenant_id: UUID, agent_id: UUID) -> Kind:
    """Those that wait for this agent, which takes them by asking."""
    condition = f"tenant_id = '{tenant_id}' AND {RUNS_OF_AGENTS.condition} AND agent_id = '{agent_id}'"
    return replace(RUNS_OF_AGENTS, condition=condition, tenant_id=tenant_id)
