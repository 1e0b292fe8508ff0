"""`webhook-runs/`: what events caused, attempt by attempt; dead letters, and redriving them. Wire only."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer, StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.api.executions import IDEMPOTENCY_KEY, idempotency_key
from webhooks.errors import NotDead, RunNotFound
from webhooks.models import WebhookAttempt, WebhookRun
from webhooks.models.queued import Cause, QueueStatus
from webhooks.models.route import Target
from webhooks.queue.redrive import Redriven
from webhooks.runs.cancel import cancel_run
from webhooks.runs.redrive import redrive_runs

MOST_ATTEMPTS_SHOWN = 100
MOST_IDS = 500


class RunAttemptSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    execution = serializers.UUIDField(source="execution_id", allow_null=True, help_text="Null: no call was made.")
    status_code = serializers.IntegerField(allow_null=True, help_text="What the tool's service answered.")
    code = serializers.CharField(help_text="Empty: it succeeded.")
    detail = serializers.CharField()
    response = serializers.CharField(help_text="What an agent said of it, redacted.")
    next_at = serializers.DateTimeField(allow_null=True, help_text="When the next one was to be; null: never.")


class RunSerializer(serializers.Serializer[WebhookRun]):
    id = serializers.UUIDField()
    event = serializers.UUIDField(source="event_id")
    event_type = serializers.CharField(source="event.event_type")
    route = serializers.CharField(source="route.slug")
    target = serializers.ChoiceField(choices=Target.choices)
    agent = serializers.CharField(source="agent.slug", help_text="As whom the tool is called, or who fetches it.")
    replay = serializers.UUIDField(source="replay_id", allow_null=True, help_text="The replay that made it.")
    status = serializers.ChoiceField(choices=QueueStatus.choices)
    attempts = serializers.IntegerField(help_text="Those that have ended.")
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="While it waits: not before; null: an earlier one of its order key goes first."
    )
    execution = serializers.UUIDField(source="execution_id", allow_null=True, help_text="The last attempt's.")
    cause = serializers.ChoiceField(choices=Cause.choices, allow_blank=True, help_text="Whose matter a dead letter is.")
    code = serializers.CharField(help_text="The last error's; empty: there is none.")
    detail = serializers.CharField()
    created_at = serializers.DateTimeField()
    first_attempt_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class FullRunSerializer(RunSerializer):
    attempt_log = RunAttemptSerializer(many=True, help_text="The newest first.")


class RunQuery(PageQuery):
    status = serializers.ChoiceField(choices=QueueStatus.choices, required=False)
    cause = serializers.ChoiceField(choices=Cause.choices, required=False)
    code = serializers.CharField(max_length=64, required=False, help_text="The last error's, e.g. `outcome_unknown`.")
    route = serializers.CharField(max_length=64, required=False, help_text="A route's slug.")
    event = serializers.UUIDField(required=False, help_text="An event's id.")


class DeadLetterFilter(StrictSerializer):
    """Which dead letters; none of these: all."""

    cause = serializers.ChoiceField(choices=Cause.choices, required=False)
    code = serializers.CharField(max_length=64, required=False, help_text="E.g. `upstream_error`.")
    route = serializers.CharField(max_length=64, required=False, help_text="A route's slug.")
    event = serializers.UUIDField(required=False, help_text="An event's id.")


class RedriveRequestSerializer(StrictSerializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_IDS, required=False)
    filter = DeadLetterFilter(required=False)
    dry_run = serializers.BooleanField(default=False, help_text="Only say how many there are.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either `ids` or a `filter`; `{}` is every dead letter.")
        return attrs


class RedrivenSerializer(serializers.Serializer[Redriven]):
    redo = serializers.UUIDField(source="redo.id", allow_null=True, default=None, help_text="Null: a dry run.")
    count = serializers.IntegerField(help_text="How many dead letters wait for an attempt again, or would.")
    left = serializers.IntegerField(help_text="How many more fit: too many for one redrive.")


FILTERS = {"status": "status", "cause": "cause", "code": "code", "route": "route__slug", "event": "event_id"}


class RunsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": RunQuery}

    @extend_schema(responses=paged(RunSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """What events caused, newest first. `status=dead` lists the dead letters."""
        return page(_all().filter(**_chosen(self.query)), represent_run, request=request, view=self)


class RunView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=FullRunSerializer)
    def get(self, request: Request, caller: Caller, run_id: UUID) -> Response:
        """One run, and how each attempt went."""
        run = _find(run_id)
        log = WebhookAttempt.objects.filter(run=run).order_by("-id")[:MOST_ATTEMPTS_SHOWN]
        return Response(represent_run(run) | {"attempt_log": RunAttemptSerializer(log, many=True).data})


class CancelRunView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=NothingSerializer, responses=RunSerializer)
    def post(self, request: Request, caller: Caller, run_id: UUID) -> Response:
        """Call it off, and the call that it waits for or makes. 409 when it has ended."""
        NothingSerializer.read(request.data)
        return Response(represent_run(cancel_run(run=_find(run_id), by=caller)))


class RedriveRunView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=NothingSerializer, responses={202: RunSerializer}, parameters=[IDEMPOTENCY_KEY])
    def post(self, request: Request, caller: Caller, run_id: UUID) -> Response:
        """Let a dead letter wait for an attempt again. 409 when it is none."""
        NothingSerializer.read(request.data)
        run = _find(run_id)
        redriven = redrive_runs(
            WebhookRun.objects.filter(id=run.id),
            tenant_id=caller.tenant_id,
            by=caller,
            asked={"ids": [str(run.id)]},
            idempotency_key=idempotency_key(request),
        )
        if not redriven.count:
            raise _not_dead(run)
        return Response(represent_run(_find(run_id)), status=202)


class RedriveRunsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(
        operation_id="webhook_runs_redrive_many",
        request=RedriveRequestSerializer,
        responses={200: RedrivenSerializer, 202: RedrivenSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, caller: Caller) -> Response:
        """Let dead letters wait for an attempt again; what is none is left alone. `dry_run`: 200, and only counted."""
        wanted = RedriveRequestSerializer.read(request.data)
        rows = WebhookRun.objects.all()
        rows = rows.filter(id__in=wanted["ids"]) if "ids" in wanted else rows.filter(**_chosen(wanted["filter"]))
        redriven = redrive_runs(
            rows,
            tenant_id=caller.tenant_id,
            by=caller,
            asked={name: request.data[name] for name in ("ids", "filter") if name in wanted},
            idempotency_key=idempotency_key(request),
            dry_run=wanted["dry_run"],
        )
        return Response(RedrivenSerializer(redriven).data, status=200 if wanted["dry_run"] else 202)


def represent_run(run: WebhookRun) -> dict[str, Any]:
    return RunSerializer(run).data


def _not_dead(run: WebhookRun) -> NotDead:
    if run.status == QueueStatus.DEAD:
        return NotDead("The route of this run was removed. Replay its event: the routes that there are take it.")
    return NotDead(f"This run is no dead letter: it is `{run.status}`. Only dead letters can be redriven.")


def _chosen(query: dict[str, Any]) -> dict[str, Any]:
    return {FILTERS[name]: value for name, value in query.items() if name in FILTERS} | dead_by_cause(query)


def dead_by_cause(query: dict[str, Any]) -> dict[str, Any]:
    """Only dead letters have a cause: said so that their index finds them, and no history is read."""
    return {"status__in": [QueueStatus.DEAD]} if "cause" in query else {}


def _find(run_id: UUID) -> WebhookRun:
    run = _all().filter(id=run_id).first()
    if run is None:
        raise RunNotFound
    return run


def _all() -> QuerySet[WebhookRun]:
    """With what is shown of their events, routes and agents, and no more of them."""
    return WebhookRun.objects.select_related("event", "route", "agent").only(
        *(field.name for field in WebhookRun._meta.concrete_fields), "event__event_type", "route__slug", "agent__slug"
    )
