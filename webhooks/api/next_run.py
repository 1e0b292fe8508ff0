"""`webhook-events/next/`, and what an agent says of the run that it has. Wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.queries import QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import AsyncTenantView, TenantView
from accounts.caller import Caller
from accounts.roles import Right
from webhooks.api.runs import RunSerializer, represent_run
from webhooks.runs.for_agents import Work, done, extend_lease, failed
from webhooks.runs.waiting import LONGEST_WAIT_MS, wait_for_next

LONGEST_DETAIL = 2000


class NextQuery(QuerySerializer):
    wait_ms = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_WAIT_MS,
        default=0,
        help_text="How long to wait for one, where none is due.",
    )


class WorkSerializer(serializers.Serializer[Work]):
    run = serializers.UUIDField(source="run.id")
    taken = serializers.IntegerField(source="run.taken", help_text="Send it back, to be told when another one has it.")
    lease_until = serializers.DateTimeField(source="run.lease_until", help_text="Then it is given to another one.")
    attempt = serializers.SerializerMethodField(help_text="The first is 1.")
    route = serializers.CharField(source="run.route.slug")
    replay = serializers.UUIDField(source="run.replay_id", allow_null=True, help_text="The replay that repeats it.")
    event = serializers.SerializerMethodField(help_text="`id`, `source`, `type`, `external_id`, `received_at`.")
    input = serializers.DictField(source="filled.input", help_text="What the route makes of the event.")
    end_user = serializers.CharField(source="filled.end_user", help_text="Empty: it is for nobody in particular.")

    def get_attempt(self, work: Work) -> int:
        return work.run.attempts + 1

    def get_event(self, work: Work) -> dict[str, Any]:
        event = work.run.event
        return {
            "id": str(event.id),
            "source": event.source.slug,
            "type": event.event_type,
            "external_id": event.external_id,
            "received_at": event.received_at,
        }


class HoldingSerializer(StrictSerializer):
    taken = serializers.IntegerField(
        min_value=1, default=None, help_text="As it was given with the run: 409, when another one has it."
    )


class DoneSerializer(HoldingSerializer):
    result = serializers.JSONField(default=None, help_text="What came of it, for those who look at the run.")


class FailedSerializer(HoldingSerializer):
    detail = serializers.CharField(max_length=LONGEST_DETAIL, help_text="Why, in a sentence.")
    retry = serializers.BooleanField(default=True, help_text="False: it is a dead letter at once.")


class NextView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": NextQuery}

    @extend_schema(responses={200: WorkSerializer, 204: OpenApiResponse(description="None was due in that time.")})
    async def get(self, request: Request, caller: Caller) -> Response:
        """The next run for the agent that asks. It has it until `lease_until`, and says then how it went."""
        work = await wait_for_next(caller, self.query["wait_ms"] / 1000)
        return Response(status=204) if work is None else Response(WorkSerializer(work).data)


class DoneView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=DoneSerializer, responses=RunSerializer)
    def post(self, request: Request, caller: Caller, run_id: UUID) -> Response:
        """The agent has done what the run asked for. 409 when it has it no more."""
        said = DoneSerializer.read(request.data)
        return Response(represent_run(done(run_id=run_id, by=caller, taken=said["taken"], result=said["result"])))


class FailedView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=FailedSerializer, responses=RunSerializer)
    def post(self, request: Request, caller: Caller, run_id: UUID) -> Response:
        """The agent could not do it: it waits for its next attempt, or is a dead letter."""
        said = FailedSerializer.read(request.data)
        run = failed(run_id=run_id, by=caller, taken=said["taken"], detail=said["detail"], again=said["retry"])
        return Response(represent_run(run))


class ExtendView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=HoldingSerializer, responses=RunSerializer)
    def post(self, request: Request, caller: Caller, run_id: UUID) -> Response:
        """The agent is still at it: it has it for another WEBHOOK_LEASE_SECONDS from now on."""
        said = HoldingSerializer.read(request.data)
        return Response(represent_run(extend_lease(run_id=run_id, by=caller, taken=said["taken"])))
