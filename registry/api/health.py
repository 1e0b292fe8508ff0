"""`tools/{slug}/heartbeat/` and `discover/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_at_once, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.api.tool_fields import ToolSerializer
from registry.api.tools import CONTAINS, represent_tools
from registry.catalogue import find_tool
from registry.containment import containing
from registry.discover import discover
from registry.facts import LONGEST_SECONDS
from registry.health import report_heartbeat
from registry.models.health import HealthStatus


class HeartbeatSerializer(StrictSerializer):
    at = serializers.DateTimeField(required=False, allow_null=True, help_text="When it was alive; now if left out.")


class HeardSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    health = serializers.ChoiceField(choices=HealthStatus.choices)
    last_heartbeat = serializers.DateTimeField()
    stale_at = serializers.DateTimeField(help_text="When it turns stale unless another heartbeat comes first.")


class DiscoverQuery(PageQuery):
    capabilities = serializers.CharField(max_length=2000, required=False, help_text=CONTAINS)
    healthy_within = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_SECONDS,
        required=False,
        help_text="Only tools that are well and were heard of within so many seconds.",
    )


class HeartbeatView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=HeartbeatSerializer, responses=HeardSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Say that a tool is alive. An older time than the last one is heard and changes nothing."""
        wanted = HeartbeatSerializer.read(request.data)
        health = report_heartbeat(tool=find_tool(slug), by=caller, at=wanted.get("at"))
        heard = {"last_heartbeat": health.last_heartbeat, "stale_at": health.stale_at}
        return Response({"slug": slug, "health": health.status, **heard})


class DiscoverView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": DiscoverQuery}

    @extend_schema(responses=paged(ToolSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """Tools that may be called, by what they can do and how lately they were heard of."""
        capabilities = self.query.get("capabilities")
        found = discover(
            capabilities=containing("capabilities", capabilities) if capabilities else None,
            healthy_within=self.query.get("healthy_within"),
        )
        return page_at_once(found, represent_tools, request=request, view=self)
