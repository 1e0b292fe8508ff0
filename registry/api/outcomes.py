"""An execution on the wire, whether it was just run or is read from its row."""

from typing import Any

from rest_framework import serializers

from registry.execution.outcome import standing_outcome
from registry.execution.types import Mode, Outcome
from registry.models import Execution
from registry.models.execution import Status


class AttemptSerializer(serializers.Serializer[Any]):
    """One attempt at a call."""

    number = serializers.IntegerField()
    code = serializers.CharField(allow_null=True, help_text="What went wrong; null: nothing.")
    status = serializers.IntegerField(required=False, help_text="The service's HTTP status.")
    sent = serializers.BooleanField(required=False, help_text="False: no byte of the request has left.")
    pause_ms = serializers.IntegerField(allow_null=True, help_text="Before the next attempt.")


class ExecutionSerializer(serializers.Serializer[Any]):
    """For the schema; the representation below is written out, because it is on the hot path."""

    id = serializers.UUIDField()
    tool = serializers.CharField()
    version = serializers.CharField()
    operation = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    mode = serializers.ChoiceField(choices=[mode.value for mode in Mode])
    waits_for = serializers.CharField(help_text="What a pending one waits for: `approval` or `worker`.")
    progress = serializers.JSONField(
        allow_null=True, help_text="How far it is, as its tool told it: `fraction`, `message`, `at`."
    )
    meanwhile = serializers.CharField(help_text="What its tool would have you say while it has not ended.")
    parent_id = serializers.UUIDField(
        allow_null=True, help_text="The batch or composite execution that made this call."
    )
    input = serializers.JSONField(help_text="The stored form: secrets are masked.")
    output = serializers.JSONField()
    truncated = serializers.JSONField(
        allow_null=True, help_text="What was left out of `output`: `max_tokens`, `tokens`, `cuts`, `more_cuts`, `rest`."
    )
    artifact = serializers.JSONField(
        allow_null=True,
        help_text="What is kept of the whole output: `media_type`, `size`, `sha256`, `tokens`, `lines`, `url`, …",
    )
    error = serializers.JSONField(help_text="The problem document, when it did not succeed.")
    timings = serializers.DictField(child=serializers.IntegerField(), help_text="Microseconds by step.")
    attempts = serializers.IntegerField()
    attempt_log = AttemptSerializer(many=True, help_text="How each attempt ended, where one failed.")
    cached = serializers.BooleanField()
    tried = serializers.ListField(child=serializers.CharField())
    agent = serializers.UUIDField(allow_null=True)
    tenant = serializers.UUIDField()
    trace_id = serializers.CharField()
    idempotency_key = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    count = serializers.IntegerField(help_text="How many refusals of a flood it stands for; else 1.")


def represent_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.id,
        "tool": outcome.tool,
        "version": outcome.version,
        "operation": outcome.operation,
        "status": outcome.status,
        "mode": outcome.mode,
        "waits_for": outcome.waits_for,
        "progress": outcome.progress,
        "meanwhile": outcome.meanwhile,
        "parent_id": outcome.parent_id,
        "input": outcome.input,
        "output": outcome.output,
        "truncated": outcome.truncated,
        "artifact": outcome.artifact,
        "error": outcome.error,
        "timings": outcome.timings,
        "attempts": outcome.attempts,
        "attempt_log": outcome.attempt_log,
        "cached": outcome.cached,
        "tried": outcome.tried,
        "agent": outcome.agent,
        "tenant": outcome.tenant,
        "trace_id": outcome.trace_id,
        "idempotency_key": outcome.idempotency_key,
        "started_at": outcome.started_at,
        "finished_at": outcome.finished_at,
        "count": outcome.count,
    }


def represent_execution(execution: Execution) -> dict[str, Any]:
    return represent_outcome(standing_outcome(execution))
