"""`tools/`: wire only."""

from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_at_once, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.api.tool_fields import NewToolSerializer, ToolFactsSerializer, ToolSerializer, represent_tool
from registry.bind import bind_connection
from registry.catalogue import entries, entry, find_tool, listed_tools
from registry.change import change_tool, refuse_immutable
from registry.containment import containing
from registry.enable import disable_tool, enable_tool
from registry.models import Tool
from registry.models.tool import NodeType, Source, ToolQuerySet
from registry.purge import purge_cache
from registry.register import register_tool
from registry.retire import retire_tool
from registry.uses import going_through

CONTAINS = "`key:value,value`, several with `;` in between, or a JSON object."


class ToolsQuery(PageQuery):
    search = serializers.CharField(max_length=200, required=False, help_text="Words of slug, name or description.")
    category = serializers.CharField(max_length=64, required=False)
    capability = serializers.CharField(max_length=64, required=False)
    capabilities = serializers.CharField(max_length=2000, required=False, help_text=CONTAINS)
    metadata = serializers.CharField(max_length=2000, required=False, help_text=CONTAINS)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    node_type = serializers.ChoiceField(choices=NodeType.choices, required=False)
    provider = serializers.CharField(max_length=64, required=False, help_text="What this provider's agents may call.")
    connector = serializers.CharField(
        max_length=64, required=False, help_text="Goes out through it, or names it in `metadata`."
    )
    healthy = serializers.BooleanField(required=False)
    enabled = serializers.BooleanField(required=False)


class ToolsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CATALOGUE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ToolsQuery}

    @extend_schema(responses=paged(ToolSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's tools and those that all share, newest first."""
        return page_at_once(filtered(self.query), represent_tools, request=request, view=self)

    @extend_schema(request=NewToolSerializer, responses={201: ToolSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Register a tool and its first version."""
        tool = register_tool(by=caller, spec=NewToolSerializer.read(request.data))
        return Response(represent_tool(entry(tool)), status=201)


class ToolView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CATALOGUE, "delete": Right.CATALOGUE}

    @extend_schema(responses=ToolSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One tool."""
        return shown(slug)

    @extend_schema(request=ToolFactsSerializer, responses=ToolSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Change a tool. What its versions say is changed by publishing one."""
        if isinstance(request.data, dict):
            refuse_immutable(request.data)
        changes = ToolFactsSerializer.read(request.data)
        tool = find_tool(slug)
        enabled = changes.pop("enabled", None)
        if "connection" in changes:
            bind_connection(tool=tool, by=caller, connection=changes.pop("connection"))
        if changes:
            change_tool(tool=tool, by=caller, changes=changes)
        if enabled is not None:
            (enable_tool if enabled else disable_tool)(tool=tool, by=caller)
        return shown(slug)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, slug: str) -> Response:
        """Retire a tool. Its slug is free again; its versions and executions stay."""
        retire_tool(tool=find_tool(slug), by=caller)
        return Response(status=204)


class EnableView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses=ToolSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Switch a tool on; one that all share, for your tenant."""
        NothingSerializer.read(request.data)
        enable_tool(tool=find_tool(slug), by=caller)
        return shown(slug)


class DisableView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses=ToolSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Switch a tool off; one that all share, for your tenant. Calls are refused from the next one on."""
        NothingSerializer.read(request.data)
        disable_tool(tool=find_tool(slug), by=caller)
        return shown(slug)


class PurgeCacheView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses={204: None})
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Throw away what was kept of a tool's answers; of one that all share, for your tenant."""
        NothingSerializer.read(request.data)
        purge_cache(tool=find_tool(slug), by=caller)
        return Response(status=204)


def shown(slug: str) -> Response:
    """The tool as it is now."""
    return Response(represent_tool(entry(find_tool(slug))))


def represent_tools(tools: list[Tool]) -> list[dict[str, Any]]:
    return [represent_tool(one) for one in entries(tools)]


def filtered(query: dict[str, Any]) -> ToolQuerySet:
    tools = listed_tools().filter(*_conditions(query))
    now = timezone.now()
    if "search" in query:
        tools = tools.mentioning(query["search"])
    if "enabled" in query:
        tools = tools.switched_on() if query["enabled"] else tools.switched_off()
    if "healthy" in query:
        tools = tools.healthy(now) if query["healthy"] else tools.unhealthy(now)
    return tools


def _conditions(query: dict[str, Any]) -> list[Q]:
    same = [Q(**{name: query[name]}) for name in ("category", "capability", "source", "node_type") if name in query]
    inside = [containing(name, query[name]) for name in ("capabilities", "metadata") if name in query]
    if "provider" in query:
        inside.append(~Q(excluded_providers__contains=[query["provider"]]))
    if "connector" in query:
        inside.append(Q(metadata__contains={"connector": query["connector"]}) | going_through(query["connector"]))
    return same + inside
