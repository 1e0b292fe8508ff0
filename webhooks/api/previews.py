"""`webhook-routes/preview/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.api.explain import ExplanationSerializer, represent_explanation
from registry.api.installing import FaultSerializer
from webhooks.api.routes import NewRouteSerializer
from webhooks.events.find import find_event
from webhooks.models import WebhookRoute
from webhooks.routes.find import find_route
from webhooks.routes.unsaved import unsaved_route
from webhooks.routing.preview import Preview, preview


class DraftSerializer(NewRouteSerializer):
    """A route that is not there yet. It needs no slug."""

    slug = serializers.CharField(max_length=64, required=False)


@extend_schema_field({"oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/Draft"}]})
class RouteField(serializers.Field[Any, Any, Any, Any]):
    """A route's slug, or the facts of one."""

    def to_internal_value(self, data: Any) -> Any:
        return data if isinstance(data, str) else DraftSerializer().run_validation(data)


class PreviewRequestSerializer(StrictSerializer):
    route = RouteField(help_text="A route's slug, or the facts of one that is not there yet.")
    event = serializers.UUIDField(help_text="The id of an event that is stored.")


class PreviewSerializer(serializers.Serializer[Any]):
    matched = serializers.BooleanField()
    reason = serializers.CharField()
    input = serializers.DictField(
        allow_null=True, help_text="What the tool would be given, as it may be stored; null: `errors` says why."
    )
    errors = FaultSerializer(many=True, help_text="Where the event does not suit the route.")  # type: ignore[assignment]
    end_user = serializers.CharField()
    order_key = serializers.CharField(help_text="Events of the same key are handled one after the other.")
    call = ExplanationSerializer(allow_null=True, help_text="What would become of the call; null: there would be none.")


class PreviewView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=PreviewRequestSerializer, responses=PreviewSerializer)
    def post(self, request: Request, caller: Caller) -> Response:
        """Say what a route would make of an event, whether it matches or not. Nothing is run, written or sent."""
        asked = PreviewRequestSerializer.read(request.data)
        event = find_event(asked["event"])
        return Response(represent_preview(preview(_route(asked["route"], caller), event, caller)))


def _route(given: Any, caller: Caller) -> WebhookRoute:
    return find_route(given) if isinstance(given, str) else unsaved_route(by=caller, facts=given)


def represent_preview(told: Preview) -> dict[str, Any]:
    return {
        "matched": told.look.matched,
        "reason": told.look.reason,
        "input": told.input,
        "errors": [{"path": fault.path, "message": fault.message} for fault in told.faults],
        "end_user": told.end_user,
        "order_key": told.order_key,
        "call": represent_explanation(told.call) if told.call else None,
    }
