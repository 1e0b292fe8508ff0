from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from accounts.ids import new_id
from accounts.models import Agent, Tenant
from accounts.tenancy import TenantManager
from registry.models.tool import Tool
from registry.models.version import ToolVersion


class Status(models.TextChoices):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUSED = "refused"
    PENDING = "pending"
    RUNNING = "running"
    CANCELLED = "cancelled"


UNFINISHED = (Status.PENDING, Status.RUNNING)


class WaitsFor(models.TextChoices):
    """What a pending execution waits for."""

    APPROVAL = "approval"
    WORKER = "worker"


FIRST_RUN = 1
"""That of the process that opens a call and runs it itself."""


class ExecutionQuerySet(models.QuerySet["Execution"]):
    def abandoned(self, at: datetime | Now) -> "ExecutionQuerySet":
        """Running ones whose lease has ended: the process that ran them is gone."""
        return self.filter(status=Status.RUNNING, lease_until__lt=at)

    def due(self, at: datetime | Now) -> "ExecutionQuerySet":
        """Pending ones that any process may take up now."""
        return self.filter(Q(due_at=None) | Q(due_at__lte=at), status=Status.PENDING, waits_for=WaitsFor.WORKER)


class Execution(models.Model):
    """One call of a tool, with its outcome. Input and output are the redacted forms."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign keys in the database: what they name is never deleted while its executions stay, and each
    # would cost the hot path a lookup and a row lock.
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    agent = models.ForeignKey(
        Agent, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    tool = models.ForeignKey(
        Tool,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="executions",
    )
    tool_version = models.ForeignKey(
        ToolVersion,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    tool_slug = models.CharField(max_length=64, help_text="As the caller named it, also when there is no such tool.")
    version = models.CharField(max_length=64, blank=True)
    operation = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices)
    mode = models.CharField(max_length=8, default="sync")
    waits_for = models.CharField(max_length=16, choices=WaitsFor.choices, blank=True, help_text="While it is pending.")
    due_at = models.DateTimeField(null=True, help_text="A pending one is not taken up before.")
    run = models.PositiveSmallIntegerField(
        default=0, help_text="How many times a process took it up: only the last one may record the outcome."
    )
    lost_runs = models.PositiveSmallIntegerField(
        default=0, help_text="How many processes have ended while they ran it."
    )
    cancel_requested_at = models.DateTimeField(null=True)
    progress = models.JSONField(null=True, help_text='{"fraction", "message", "at"}')
    parent_id = models.UUIDField(null=True, help_text="The batch or composite execution that made this call.")
    connection_id = models.UUIDField(null=True, help_text="Whose credential it went out with.")
    options = models.JSONField(default=dict, help_text="What a resumed call needs besides its input.")
    input = models.JSONField(null=True)
    output = models.JSONField(null=True)
    truncated = models.JSONField(null=True, help_text="What was left out of the output, and where the rest is.")
    artifact = models.JSONField(null=True, help_text="What is kept of the whole output, as the caller was told it.")
    error = models.JSONField(null=True, help_text="The problem: code, message, faults.")
    timings = models.JSONField(default=dict, help_text="Microseconds by step, in the corridor's order.")
    attempts = models.PositiveSmallIntegerField(default=0)
    attempt_log = models.JSONField(default=list, help_text="How each attempt ended, where one failed.")
    tried = models.JSONField(default=list, help_text="Tools tried before this one, for a routed call.")
    cached = models.BooleanField(default=False)
    trace_id = models.CharField(max_length=64, blank=True)
    conversation = models.CharField(max_length=200, blank=True)
    provider = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=200, null=True)  # noqa: DJ001  null is "no key", outside the constraint
    request_digest = models.BinaryField(max_length=32, null=True, help_text="Of what the key was used for.")
    sealed_input = models.BinaryField(null=True, help_text="The raw input, sealed while the call is unfinished.")
    sealed_output = models.BinaryField(
        null=True, help_text="What the caller was told, sealed, where that is more than may be stored."
    )
    lease_until = models.DateTimeField(null=True)
    count = models.PositiveIntegerField(default=1, help_text="How many refusals this row stands for.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    masked_output: Any = None
    """The stored output, where `output` has been replaced by what the caller was told; never saved."""

    objects = TenantManager.from_queryset(ExecutionQuerySet)()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "agent", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                nulls_distinct=False,
                name="execution_key_once",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="execution_status_known"),
        ]
        indexes = [
            # With the status, so that a quota is counted from the index alone.
            models.Index(fields=["tenant", "-id"], include=["status"], name="execution_by_tenant"),
            models.Index(fields=["tenant", "tool", "-id"], include=["status"], name="execution_by_tool"),
            models.Index(fields=["tenant", "agent", "-id"], include=["status"], name="execution_by_agent"),
            models.Index(fields=["lease_until"], condition=Q(status=Status.RUNNING), name="execution_leases"),
            # In the order in which a tenant's are due; see `registry/turns.py`.
            models.Index(
                F("waits_for"),
                F("tenant"),
                Coalesce("due_at", "started_at"),
                F("id"),
                condition=Q(status=Status.PENDING),
                name="execution_pending",
            ),
            models.Index(
                fields=["tenant", "connection_id", "-id"],
                condition=Q(connection_id__isnull=False),
                name="execution_by_connection",
            ),
            models.Index(fields=["parent_id"], condition=Q(parent_id__isnull=False), name="execution_by_parent"),
        ]

    def __str__(self) -> str:
        return f"{self.tool_slug} {self.status}"

    @property
    def is_part(self) -> bool:
        """Whether the execution that made it answers for it; one that a worker took up has outlived that one."""
        return self.parent_id is not None and self.run <= FIRST_RUN
