"""`webhook-events/replay/` and `webhook-events/{id}/replay/`: wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import NothingSerializer, StrictSerializer, TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from registry.api.executions import IDEMPOTENCY_KEY, idempotency_key
from webhooks.api.events import MatchSerializer
from webhooks.events.find import find_event
from webhooks.events.search import LONGEST_SEARCH
from webhooks.models.event import Origin, Routing
from webhooks.replay import MOST_AT_ONCE, Replayed, replay_event, replay_events


class EventFilterSerializer(StrictSerializer):
    """As the list takes them."""

    source = serializers.CharField(max_length=64, required=False)  # type: ignore[assignment]
    routing = serializers.ChoiceField(choices=Routing.choices, required=False)
    origin = serializers.ChoiceField(choices=Origin.choices, required=False)
    type = serializers.CharField(max_length=200, required=False)
    external_id = serializers.CharField(max_length=300, required=False)
    since = TimeField(required=False)
    until = TimeField(required=False)
    search = serializers.CharField(max_length=LONGEST_SEARCH, required=False)


class ReplayRequestSerializer(StrictSerializer):
    ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE, required=False, help_text="Or `filter`."
    )
    filter = EventFilterSerializer(required=False, help_text="Those that are all that it says, as far as they can be.")
    dry_run = serializers.BooleanField(default=False, help_text="Only count them.")


class ReplaySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(allow_null=True, help_text="The `replay` of its runs; null: a dry run.")
    events = serializers.IntegerField(help_text="How many are routed again.")
    skipped = serializers.IntegerField(help_text="How many more fit the filter and cannot be replayed.")
    runs = serializers.IntegerField(help_text="How many that made.")


class EventReplaySerializer(ReplaySerializer):
    matches = MatchSerializer(many=True, help_text="Each route that was looked at.")


class ReplayEventsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(
        operation_id="webhook_events_replay_many",
        request=ReplayRequestSerializer,
        responses=ReplaySerializer,
        parameters=[IDEMPOTENCY_KEY],
    )
    def post(self, request: Request, caller: Caller) -> Response:
        """Have events routed again, by the routes as they stand: those named, or those that a filter finds."""
        asked = ReplayRequestSerializer.read(request.data)
        if ("ids" in asked) is ("filter" in asked):
            raise Invalid(faults=[Fault("$.ids", "Give either `ids` or a `filter`; an empty one means all events.")])
        replayed = replay_events(
            tenant_id=caller.tenant_id,
            by=caller,
            ids=asked.get("ids"),
            wanted=asked.get("filter"),
            asked={name: value for name, value in request.data.items() if name != "dry_run"},
            idempotency_key=idempotency_key(request),
            dry_run=asked["dry_run"],
        )
        return Response(represent_replay(replayed))


class ReplayEventView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=NothingSerializer, responses=EventReplaySerializer, parameters=[IDEMPOTENCY_KEY])
    def post(self, request: Request, caller: Caller, event_id: UUID) -> Response:
        """Have an event routed again, by the routes as they stand. Its id stays; its runs name the replay."""
        NothingSerializer.read(request.data)
        event, key = find_event(event_id), idempotency_key(request)
        replayed = replay_event(event=event, by=caller, idempotency_key=key)
        return Response({**represent_replay(replayed), "matches": [look.as_json() for look in replayed.looks]})


def represent_replay(replayed: Replayed) -> dict[str, Any]:
    return {
        "id": replayed.redo.id if replayed.redo else None,
        "events": replayed.events,
        "skipped": replayed.skipped,
        "runs": replayed.runs,
    }
