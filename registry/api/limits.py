"""`tools/{slug}/limits/` and `agents/{slug}/limits/`: wire only."""

from collections.abc import Sequence
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.agents import find_agent
from accounts.api.serializers import (
    ConcurrencySerializer,
    QuotaSerializer,
    RateLimitSerializer,
    StrictSerializer,
)
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.models import Tenant
from accounts.roles import Right
from registry.catalogue import find_tool
from registry.change import change_tool
from registry.limits.bounds import Kind
from registry.limits.use import Use, use_of_agent, use_of_tenant, use_of_tool
from registry.own_limits import set_own_limits


class UseSerializer(serializers.Serializer[Any]):
    """One limit, and how much of it is in use."""

    name = serializers.CharField(help_text="As in the headers: `tool-minute`, `agent-concurrency`, …")
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    number = serializers.IntegerField(help_text="What was set.")
    window_seconds = serializers.IntegerField(allow_null=True)
    used = serializers.IntegerField(allow_null=True, help_text="Null while Redis is away.")
    left = serializers.IntegerField(allow_null=True)
    without_redis = serializers.ChoiceField(choices=["open", "closed"])
    resets_at = serializers.DateTimeField(allow_null=True, help_text="When a quota's day or month ends, in UTC.")


class LimitsInUseSerializer(serializers.Serializer[Any]):
    limits = UseSerializer(many=True)


class LimitsSerializer(StrictSerializer):
    """Limits to set; null takes one away."""

    rate_limit = RateLimitSerializer(allow_null=True, required=False)
    concurrency = ConcurrencySerializer(allow_null=True, required=False)
    quota = QuotaSerializer(allow_null=True, required=False)


class ToolLimitsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CATALOGUE}

    @extend_schema(responses=LimitsInUseSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """The tool's limits, and how much of each your tenant's calls use now."""
        return _shown(use_of_tool(find_tool(slug), caller.tenant_id))

    @extend_schema(request=LimitsSerializer, responses=LimitsInUseSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Set limits; for a tool that all tenants share, your tenant's own, on top of the platform's."""
        changes = LimitsSerializer.read(request.data)
        tool = find_tool(slug)
        (set_own_limits if tool.tenant_id is None else change_tool)(tool=tool, by=caller, changes=changes)
        return _shown(use_of_tool(find_tool(slug), caller.tenant_id))


class AgentLimitsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=LimitsInUseSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """The limits of the agent and of its tenant, and how much of each is in use now."""
        tenant = Tenant.objects.get(id=caller.tenant_id)
        return _shown([*use_of_agent(find_agent(slug)), *use_of_tenant(tenant)])


def _shown(uses: Sequence[Use]) -> Response:
    return Response({"limits": [_represented(use) for use in uses]})


def _represented(use: Use) -> dict[str, Any]:
    bound = use.bound
    return {
        "name": bound.name,
        "kind": bound.kind,
        "number": bound.number,
        "window_seconds": bound.window_seconds or None,
        "used": use.used,
        "left": use.left,
        "without_redis": "closed" if bound.is_closed else "open",
        "resets_at": bound.until,
    }
