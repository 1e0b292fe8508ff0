"""`webhook-events/`: wire only."""

import base64
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Sum
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from webhooks.api.fields import AnyField
from webhooks.events.find import find_event
from webhooks.events.look import Shown, look_at
from webhooks.events.raw import Raw
from webhooks.events.search import LONGEST_SEARCH, find_events, patience
from webhooks.models import WebhookEvent, WebhookRun
from webhooks.models.event import EventStatus, Origin, Routing
from webhooks.models.queued import Cause, QueueStatus

MOST_RUNS = 200
"""Of an event, the newest."""


class VerdictSerializer(serializers.Serializer[Any]):
    """What verification found out when the event came."""

    scheme = serializers.CharField(required=False)
    valid = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False, help_text="Empty when it was valid.")
    secret = serializers.UUIDField(required=False, allow_null=True, help_text="The id of the one that had signed it.")
    checked_at = serializers.DateTimeField(required=False)


class WebhookEventSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    source = serializers.CharField(help_text="Its slug.")  # type: ignore[assignment]
    received_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=EventStatus.choices)
    reason = serializers.CharField(help_text="Why it was refused, in a word.")
    detail = serializers.CharField()
    origin = serializers.ChoiceField(choices=Origin.choices)
    type = serializers.CharField(help_text="As the provider calls it.")
    external_id = serializers.CharField(help_text="The provider's own id of it.")
    method = serializers.CharField()
    address = serializers.CharField(help_text="Where it came from.")
    content_type = serializers.CharField()
    body_bytes = serializers.IntegerField()
    duplicate_of = serializers.UUIDField(allow_null=True, help_text="The event that was accepted before.")
    verdict = VerdictSerializer()
    routing = serializers.ChoiceField(choices=Routing.choices)
    routed_at = serializers.DateTimeField(allow_null=True)
    count = serializers.IntegerField(help_text="How many refusals of a flood it stands for.")
    emptied_at = serializers.DateTimeField(allow_null=True, help_text="When what came was removed.")


class HeaderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()


class RequestSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    url = serializers.CharField()
    headers = HeaderSerializer(many=True, help_text="In the order in which they came.")
    body = serializers.CharField(allow_null=True, help_text="Null: it is no text, or not kept.")
    body_base64 = serializers.CharField(allow_null=True, help_text="Of what is no text.")


class MatchSerializer(serializers.Serializer[Any]):
    route = serializers.UUIDField()
    slug = serializers.CharField()
    matched = serializers.BooleanField()
    reason = serializers.CharField()


class EventRunSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    route = serializers.CharField(help_text="Its slug.")
    status = serializers.ChoiceField(choices=QueueStatus.choices)
    attempts = serializers.IntegerField()
    cause = serializers.ChoiceField(choices=Cause.choices)
    code = serializers.CharField()
    detail = serializers.CharField()
    execution = serializers.UUIDField(allow_null=True, help_text="The last attempt's.")
    replay = serializers.UUIDField(allow_null=True, help_text="The replay that it is of.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class FullEventSerializer(WebhookEventSerializer):
    payload = AnyField(help_text="The body as JSON, masked; null: too large, or not routed.")
    matches = MatchSerializer(many=True, help_text="Each route that was looked at when it came.")
    request = RequestSerializer(allow_null=True, help_text="Masked; null: what came was removed.")
    curl = serializers.CharField(help_text="The same as a command.")
    runs = EventRunSerializer(many=True, help_text="The newest first.")
    duplicates = serializers.IntegerField(help_text="How often it came again.")


class EventQuery(PageQuery):
    source = serializers.CharField(max_length=64, required=False, help_text="Its slug.")  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=EventStatus.choices, required=False)
    reason = serializers.CharField(max_length=64, required=False, help_text="Why it was refused, in a word.")
    routing = serializers.ChoiceField(choices=Routing.choices, required=False)
    origin = serializers.ChoiceField(choices=Origin.choices, required=False)
    type = serializers.CharField(max_length=200, required=False, help_text="At its end `*` stands for any letters.")
    external_id = serializers.CharField(max_length=300, required=False, help_text="The provider's own id.")
    duplicate_of = serializers.UUIDField(required=False)
    since = TimeField(required=False, help_text="Received then or later.")
    until = TimeField(required=False, help_text="Received before.")
    search = serializers.CharField(
        max_length=LONGEST_SEARCH, required=False, help_text="A text within the body, as far as it is kept to be shown."
    )


class EventsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": EventQuery}

    @extend_schema(responses=paged(WebhookEventSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """Whatever came to the tenant's sources, newest first: accepted, refused and duplicate."""
        rows = find_events(self.query).select_related("source")
        with patience():
            return page(_light(rows), represent_event, request=request, view=self)


class EventView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=FullEventSerializer)
    def get(self, request: Request, caller: Caller, event_id: UUID) -> Response:
        """One event: what came, masked, which routes took it and why the others not, and what became of it."""
        event = find_event(event_id)
        runs = WebhookRun.objects.filter(event=event).select_related("route").order_by("-id")[:MOST_RUNS]
        return Response(represent_whole(event, look_at(event), list(runs)))


def _light(rows: Any) -> Any:
    return rows.defer("sealed_head", "sealed_body", "payload", "matches")


_SHOWN = (
    *("id", "received_at", "status", "reason", "detail", "origin", "external_id", "method", "address", "content_type"),
    *("body_bytes", "duplicate_of", "verdict", "routing", "routed_at", "count", "emptied_at"),
)


def represent_event(event: WebhookEvent) -> dict[str, Any]:
    shown = {name: getattr(event, name) for name in _SHOWN}
    return {**shown, "source": event.source.slug, "type": event.event_type}


def represent_whole(event: WebhookEvent, shown: Shown | None, runs: Sequence[WebhookRun]) -> dict[str, Any]:
    return {
        **represent_event(event),
        "payload": event.payload,
        "matches": event.matches,
        "request": represent_request(shown.request) if shown else None,
        "curl": shown.curl if shown else "",
        "runs": [represent_run(run) for run in runs],
        "duplicates": WebhookEvent.objects.filter(duplicate_of=event.id).aggregate(all=Sum("count"))["all"] or 0,
    }


def represent_request(raw: Raw) -> dict[str, Any]:
    text, encoded = _body(raw.body)
    return {
        "method": raw.method,
        "url": raw.url,
        "headers": [{"name": name, "value": value} for name, value in raw.headers],
        "body": text,
        "body_base64": encoded,
    }


def _body(body: bytes | None) -> tuple[str | None, str | None]:
    """As a text, or else in base64."""
    if body is None:
        return None, None
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(body).decode()


def represent_run(run: WebhookRun) -> dict[str, Any]:
    shown = ("id", "status", "attempts", "cause", "code", "detail", "created_at", "finished_at")
    return {
        **{name: getattr(run, name) for name in shown},
        "route": run.route.slug,
        "execution": run.execution_id,
        "replay": run.replay_id,
    }
