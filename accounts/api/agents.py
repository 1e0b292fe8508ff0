"""`agents/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.agents import change_agent, create_agent
from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import ConcurrencySerializer, QuotaSerializer, RateLimitSerializer, StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import NotFound
from accounts.models import Agent, Tenant
from accounts.models.tenant import slug_validator
from accounts.roles import Right, Role


class AgentSerializer(serializers.Serializer[Agent]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    provider = serializers.CharField()
    rate_limit = RateLimitSerializer(allow_null=True)
    concurrency = ConcurrencySerializer(allow_null=True)
    quota = QuotaSerializer(allow_null=True)
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class _AgentFields(StrictSerializer):
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    description = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    role = serializers.ChoiceField(choices=Role.choices, required=False, help_text="At most your own.")
    provider = serializers.CharField(
        max_length=64, allow_blank=True, required=False, help_text="Its runtime: claude_code, anthropic, openai, …"
    )
    rate_limit = RateLimitSerializer(allow_null=True, required=False)
    concurrency = ConcurrencySerializer(allow_null=True, required=False)
    quota = QuotaSerializer(allow_null=True, required=False)


class NewAgentSerializer(_AgentFields):
    slug = serializers.CharField(max_length=64, validators=[slug_validator])


class AgentChangesSerializer(_AgentFields):
    enabled = serializers.BooleanField(required=False, help_text="A disabled agent's keys open nothing.")


class AgentsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(AgentSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's agents, newest first."""
        return page(Agent.objects.all(), represent_agent, request=request, view=self)

    @extend_schema(request=NewAgentSerializer, responses={201: AgentSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Make an agent. It needs a key to call anything."""
        wanted = NewAgentSerializer.read(request.data)
        agent = create_agent(tenant=Tenant.objects.get(id=caller.tenant_id), by=caller, **wanted)
        return Response(represent_agent(agent), status=201)


class AgentView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.PEOPLE}

    @extend_schema(responses=AgentSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One agent."""
        return Response(represent_agent(find_agent(slug)))

    @extend_schema(request=AgentChangesSerializer, responses=AgentSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Change an agent; `{"enabled": false}` shuts it out from the next call on."""
        changes = AgentChangesSerializer.read(request.data)
        return Response(represent_agent(change_agent(agent=find_agent(slug), by=caller, changes=changes)))


def represent_agent(agent: Agent) -> dict[str, Any]:
    return AgentSerializer(agent).data


def find_agent(slug: str) -> Agent:
    """Raises NotFound."""
    agent = Agent.objects.filter(slug=slug).first()
    if agent is None:
        raise NotFound("There is no such agent. `GET /api/v1/agents/` lists those that there are.")
    return agent
