"""`webhook-subscriptions/`: who is told of the registry's events. Wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer, StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.models.tenant import slug_validator
from accounts.roles import Right
from webhooks.api.deliveries import DeliverySerializer, represent_delivery
from webhooks.api.fields import AnyField
from webhooks.models import WebhookSubscription
from webhooks.subscriptions.change import change_subscription
from webhooks.subscriptions.check import MOST_CONDITIONS
from webhooks.subscriptions.create import create_subscription
from webhooks.subscriptions.event_types import MOST_TYPES
from webhooks.subscriptions.find import find_subscription
from webhooks.subscriptions.remove import remove_subscription
from webhooks.subscriptions.rotate import LONGEST_OVERLAP_SECONDS, USUAL_OVERLAP_SECONDS, rotate_secret
from webhooks.subscriptions.secrets import IssuedSecret
from webhooks.subscriptions.switch import disable_subscription, enable_subscription
from webhooks.subscriptions.waiting import Missed, missed_by
from webhooks.telling.ping import ping


class SubscriptionChangesSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    url = serializers.CharField(max_length=2000, required=False, help_text="Where the events are posted.")
    event_types = serializers.ListField(
        child=AnyField(),
        max_length=MOST_TYPES,
        required=False,
        help_text='Actions of the audit trail, with `*` for any letters: `["execution.failed", "approval.*"]`.',
    )
    conditions = serializers.ListField(
        child=AnyField(),
        max_length=MOST_CONDITIONS,
        required=False,
        help_text='All must hold for what is sent: `[{"path": "$.data.code", "op": "eq", "value": "timeout"}]`.',
    )
    schedule = serializers.ListField(
        child=AnyField(),
        allow_null=True,
        required=False,
        help_text="Seconds before each attempt, the first included; null: ten attempts in 75 hours.",
    )
    concurrency = serializers.IntegerField(required=False, help_text="Deliveries at the same time.")
    timeout_ms = serializers.IntegerField(required=False, help_text="How long the receiver may take to answer.")


class NewSubscriptionSerializer(SubscriptionChangesSerializer):
    slug = serializers.CharField(max_length=64, validators=[slug_validator])
    url = serializers.CharField(max_length=2000, help_text="Where the events are posted.")


class SubscriptionSerializer(serializers.Serializer[WebhookSubscription]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    event_types = serializers.ListField(child=serializers.CharField())
    conditions = serializers.ListField(child=serializers.DictField())
    schedule = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    concurrency = serializers.IntegerField()
    timeout_ms = serializers.IntegerField()
    enabled = serializers.BooleanField()
    disabled_reason = serializers.CharField(help_text="Why it was disabled, where nobody did it by hand.")
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="The first failure since its receiver took something; null: it does not fail."
    )
    last_success_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    previous_secret_until = serializers.DateTimeField(
        source="previous_until", allow_null=True, help_text="Until then the secret before this one signs, too."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class MissedSerializer(serializers.Serializer[Missed]):
    waiting = serializers.IntegerField(help_text="Deliveries that have not arrived yet.")
    entries = serializers.IntegerField(help_text="Sealed entries of the audit trail that it has not heard of yet.")


class FullSubscriptionSerializer(SubscriptionSerializer):
    missed = MissedSerializer(help_text="What is still to be told: it grows while the subscription is disabled.")


class IssuedSubscriptionSerializer(SubscriptionSerializer):
    secret = serializers.CharField(help_text="`whsec_…`, to verify signatures with. Shown this once.")


class EnableSerializer(StrictSerializer):
    send_missed = serializers.BooleanField(
        default=True, help_text="Whether everything that it missed is sent; if not, what waits is cancelled."
    )


class RotateSerializer(StrictSerializer):
    overlap_seconds = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_SECONDS,
        default=USUAL_OVERLAP_SECONDS,
        help_text="How long the old secret signs beside the new one.",
    )


class SubscriptionQuery(PageQuery):
    enabled = serializers.BooleanField(required=False)


class SubscriptionsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CATALOGUE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": SubscriptionQuery}

    @extend_schema(responses=paged(SubscriptionSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's subscriptions, newest first, without their secrets."""
        rows = WebhookSubscription.objects.living()
        if "enabled" in self.query:
            rows = rows.filter(enabled=self.query["enabled"])
        return page(rows, represent_subscription, request=request, view=self)

    @extend_schema(request=NewSubscriptionSerializer, responses={201: IssuedSubscriptionSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Have a receiver told of what happens from now on. The answer holds the secret, which is shown this once."""
        facts = NewSubscriptionSerializer.read(request.data)
        return _issued(create_subscription(tenant_id=caller.tenant_id, by=caller, facts=facts))


class SubscriptionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CATALOGUE, "delete": Right.CATALOGUE}

    @extend_schema(responses=FullSubscriptionSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One subscription, and what it has not been told yet."""
        return Response(represent_whole(find_subscription(slug)))

    @extend_schema(request=SubscriptionChangesSerializer, responses=FullSubscriptionSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Change what it is told of, where and how, from the next event and attempt on."""
        changes = SubscriptionChangesSerializer.read(request.data)
        changed = change_subscription(subscription=find_subscription(slug), by=caller, changes=changes)
        return Response(represent_whole(changed))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, slug: str) -> Response:
        """Remove it for good. What waits for it is cancelled; its deliveries can be looked at until they are old."""
        remove_subscription(subscription=find_subscription(slug), by=caller)
        return Response(status=204)


class EnableSubscriptionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=EnableSerializer, responses=FullSubscriptionSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Send again, and all that it missed, too, unless `send_missed` is false."""
        wanted = EnableSerializer.read(request.data)
        return Response(represent_whole(enable_subscription(subscription=find_subscription(slug), by=caller, **wanted)))


class DisableSubscriptionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses=FullSubscriptionSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Send nothing more. What happens meanwhile is not lost: it is sent when the subscription is enabled."""
        NothingSerializer.read(request.data)
        return Response(represent_whole(disable_subscription(subscription=find_subscription(slug), by=caller)))


class RotateSecretView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=RotateSerializer, responses={201: IssuedSubscriptionSerializer})
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Another secret, shown this once. For the overlap every message has a signature by each of the two."""
        wanted = RotateSerializer.read(request.data)
        return _issued(rotate_secret(subscription=find_subscription(slug), by=caller, **wanted))


class PingView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses={202: DeliverySerializer})
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Send a test, once. `GET webhook-deliveries/{id}/` says a moment later how it went."""
        NothingSerializer.read(request.data)
        delivery = ping(subscription=find_subscription(slug), by=caller)
        headers = {"Location": f"/api/v1/webhook-deliveries/{delivery.id}/"}
        return Response(represent_delivery(delivery), status=202, headers=headers)


def represent_subscription(subscription: WebhookSubscription) -> dict[str, Any]:
    return SubscriptionSerializer(subscription).data


def represent_whole(subscription: WebhookSubscription) -> dict[str, Any]:
    return represent_subscription(subscription) | {"missed": MissedSerializer(missed_by(subscription)).data}


def _issued(issued: IssuedSecret) -> Response:
    answer = represent_subscription(issued.subscription) | {"secret": issued.secret}
    return Response(answer, status=201, headers={"Cache-Control": "no-store"})
