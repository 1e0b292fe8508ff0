"""`webhook-deliveries/`: what was sent to whom, and how each attempt went. Wire only."""

from typing import Any, ClassVar
from uuid import UUID

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
from webhooks.api.runs import RedrivenSerializer, RedriveRequestSerializer, dead_by_cause
from webhooks.errors import NotDead
from webhooks.models import WebhookAttempt, WebhookDelivery
from webhooks.models.queued import Cause, QueueStatus
from webhooks.queue.kinds import DELIVERIES
from webhooks.queue.redrive import redrive
from webhooks.telling.log import deliveries_for, find_delivery
from webhooks.telling.resend import resend

MOST_ATTEMPTS_SHOWN = 100


class DeliveryAttemptSerializer(serializers.Serializer[WebhookAttempt]):
    number = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    status_code = serializers.IntegerField(allow_null=True, help_text="What the receiver answered; null: nothing.")
    code = serializers.CharField(help_text="Empty: it succeeded.")
    detail = serializers.CharField()
    response = serializers.CharField(help_text="The beginning of the answer, redacted.")
    next_at = serializers.DateTimeField(allow_null=True, help_text="When the next one was to be; null: never.")


class DeliverySerializer(serializers.Serializer[WebhookDelivery]):
    id = serializers.UUIDField(help_text="With `msg_` before it, the `webhook-id` of every attempt.")
    subscription = serializers.CharField(source="subscription.slug")
    sequence = serializers.IntegerField(allow_null=True, help_text="Its place in the audit trail; null: a test.")
    event_type = serializers.CharField()
    status = serializers.ChoiceField(choices=QueueStatus.choices)
    attempts = serializers.IntegerField(help_text="Those that have ended.")
    due_at = serializers.DateTimeField(help_text="When the next attempt is due, while it waits.")
    cause = serializers.ChoiceField(choices=Cause.choices, allow_blank=True, help_text="Whose matter it is.")
    code = serializers.CharField(help_text="The last error's code; empty: there was none.")
    detail = serializers.CharField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class FullDeliverySerializer(DeliverySerializer):
    payload = serializers.DictField(help_text="What is sent: `type`, `timestamp`, `data`.")
    attempt_log = DeliveryAttemptSerializer(many=True, help_text="Newest first.")


class DeliveryQuery(PageQuery):
    subscription = serializers.CharField(max_length=64, required=False, help_text="A subscription's slug.")
    status = serializers.ChoiceField(choices=QueueStatus.choices, required=False)
    event_type = serializers.CharField(max_length=100, required=False, help_text="E.g. `execution.failed`.")
    cause = serializers.ChoiceField(choices=Cause.choices, required=False)
    code = serializers.CharField(max_length=64, required=False, help_text="The last error's, e.g. `timeout`.")


class DeadDeliveryFilter(StrictSerializer):
    """Which dead letters; none of these: all."""

    subscription = serializers.CharField(max_length=64, required=False, help_text="A subscription's slug.")
    event_type = serializers.CharField(max_length=100, required=False, help_text="E.g. `execution.failed`.")
    cause = serializers.ChoiceField(choices=Cause.choices, required=False)
    code = serializers.CharField(max_length=64, required=False, help_text="E.g. `timeout`.")


class RedriveDeliveriesSerializer(RedriveRequestSerializer):
    filter = DeadDeliveryFilter(required=False)  # type: ignore[assignment]


_FIELDS = {name: name for name in ("status", "event_type", "cause", "code")} | {"subscription": "subscription__slug"}


class DeliveriesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": DeliveryQuery}

    @extend_schema(responses=paged(DeliverySerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """What was or is to be sent, newest first. `status=dead` lists the dead letters."""
        rows = deliveries_for(caller).defer("payload").filter(**_chosen(self.query))
        return page(rows, represent_delivery, request=request, view=self)


class DeliveryView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=FullDeliverySerializer)
    def get(self, request: Request, caller: Caller, delivery_id: UUID) -> Response:
        """One delivery: what is sent, and how each attempt went."""
        delivery = find_delivery(delivery_id, by=caller)
        log = WebhookAttempt.objects.filter(delivery=delivery).order_by("-id")[:MOST_ATTEMPTS_SHOWN]
        attempts = [DeliveryAttemptSerializer(attempt).data for attempt in log]
        return Response(represent_delivery(delivery) | {"payload": delivery.payload, "attempt_log": attempts})


class RedriveDeliveryView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=NothingSerializer, responses={202: DeliverySerializer}, parameters=[IDEMPOTENCY_KEY])
    def post(self, request: Request, caller: Caller, delivery_id: UUID) -> Response:
        """Let a dead letter wait for an attempt again. 409 when it is none, or its subscription was removed."""
        NothingSerializer.read(request.data or {})
        delivery = find_delivery(delivery_id, by=caller)
        redriven = redrive(
            DELIVERIES,
            deliveries_for(caller).filter(id=delivery.id),
            tenant_id=caller.tenant_id,
            by=caller,
            asked={"ids": [str(delivery.id)]},
            idempotency_key=idempotency_key(request),
        )
        if not redriven.count:
            raise NotDead("This delivery is no dead letter that can be redriven. Look at it, and at its subscription.")
        return Response(represent_delivery(find_delivery(delivery_id, by=caller)), status=202)


class RedriveDeliveriesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(
        operation_id="webhook_deliveries_redrive_many",
        request=RedriveDeliveriesSerializer,
        responses={200: RedrivenSerializer, 202: RedrivenSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, caller: Caller) -> Response:
        """Let dead letters wait for an attempt again; what is none is left alone. `dry_run`: 200, and only counted."""
        wanted = RedriveDeliveriesSerializer.read(request.data)
        rows = deliveries_for(caller)
        rows = rows.filter(id__in=wanted["ids"]) if "ids" in wanted else rows.filter(**_chosen(wanted["filter"]))
        redriven = redrive(
            DELIVERIES,
            rows,
            tenant_id=caller.tenant_id,
            by=caller,
            asked={name: request.data[name] for name in ("ids", "filter") if name in wanted},
            idempotency_key=idempotency_key(request),
            dry_run=wanted["dry_run"],
        )
        return Response(RedrivenSerializer(redriven).data, status=200 if wanted["dry_run"] else 202)


class ResendView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses={202: DeliverySerializer})
    def post(self, request: Request, caller: Caller, delivery_id: UUID) -> Response:
        """Send one that has ended once more, under the same `webhook-id`."""
        NothingSerializer.read(request.data)
        return Response(
            represent_delivery(resend(delivery=find_delivery(delivery_id, by=caller), by=caller)), status=202
        )


def represent_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return DeliverySerializer(delivery).data


def _chosen(wanted: dict[str, Any]) -> dict[str, Any]:
    return {_FIELDS[name]: value for name, value in wanted.items() if name in _FIELDS} | dead_by_cause(wanted)
