"""`memories/{id}/history/`, `…/neighbours/` and `memory-namespaces/`: wire only."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.answers.find import near, show_version
from memory.answers.namespaces import namespaces
from memory.answers.types import Asker, in_tenant
from memory.api.asking import asked_by, asker_of, response_of
from memory.api.fields import MemoryNamespaceSerializer, MemoryNeighboursSerializer, MemoryVersionSerializer
from memory.history import history_of
from memory.indexes.counts import MOST_CHILDREN
from memory.limits import MOST_HOPS, MOST_NEIGHBOURS
from memory.links.find import DIRECTIONS


class HistoryQuery(PageQuery):
    deleted = serializers.BooleanField(required=False, help_text="Of a deleted memory.")


class NeighboursQuery(QuerySerializer):
    hops = serializers.IntegerField(min_value=1, max_value=MOST_HOPS, required=False, help_text="1 if left out.")
    types = serializers.CharField(
        max_length=2000, required=False, help_text="Only links of these types, with commas between."
    )
    direction = serializers.ChoiceField(
        choices=DIRECTIONS, required=False, help_text="Of the links, as seen from where one is; `both` if left out."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_NEIGHBOURS, required=False, help_text="20 if left out."
    )


class NamespacesQuery(QuerySerializer):
    under = serializers.CharField(max_length=1000, required=False, help_text="Left out: from the top.")
    after = serializers.CharField(max_length=1000, required=False, help_text="Those behind this one.")
    limit = serializers.IntegerField(min_value=1, max_value=MOST_CHILDREN, required=False)


class HistoryView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": HistoryQuery}

    @extend_schema(responses=paged(MemoryVersionSerializer))
    async def get(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """What it said before, newest first. How it is now is not among that."""
        return await in_tenant(asker_of(caller), self._page, request, memory_id)

    def _page(self, asker: Asker, request: Request, memory_id: UUID) -> Response:
        rows = history_of(by=asker.by, memory_id=memory_id, deleted=self.query.get("deleted", False))
        return page(rows, show_version, request=request, view=self, ordering="-version")


class NeighboursView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": NeighboursQuery}

    @extend_schema(responses=MemoryNeighboursSerializer)
    async def get(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """What it is linked to, near and not so near, the strongest first."""
        return response_of(await near(asker_of(caller), memory_id, asked_by(self.query), path=""))


class NamespacesView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": NamespacesQuery}

    @extend_schema(
        responses=inline_serializer(
            "Namespaces",
            {
                "next": serializers.URLField(allow_null=True, help_text="Of the page behind this one."),
                "results": MemoryNamespaceSerializer(many=True),
            },
        )
    )
    async def get(self, request: Request, caller: Caller) -> Response:
        """The namespaces one level below `under`, in order, each with how many memories it and all below it hold."""
        body = (await namespaces(asker_of(caller), asked_by(self.query), path="")).body
        if body["next"] is not None:
            body["next"] = replace_query_param(request.build_absolute_uri(), "after", body["next"])
        return Response(body)
