"""`memory-links/`: wire only."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.answers.links import LIST, link, listed_links, retrieve_link, show_link, unlink
from memory.answers.reading import read_fields_of
from memory.answers.types import Asker, in_tenant
from memory.api.asking import asker_of, response_of
from memory.api.fields import MemoryLinkSerializer, NewMemoryLinkSerializer
from memory.api.memories import PAGE
from memory.limits import LONGEST_LINK_TYPE
from memory.links.find import DIRECTIONS


class LinksQuery(PageQuery):
    memory = serializers.UUIDField(required=False, help_text="Only the links of this one.")
    direction = serializers.ChoiceField(choices=DIRECTIONS, required=False, help_text="As seen from `memory`.")
    type = serializers.CharField(max_length=LONGEST_LINK_TYPE, required=False)


class LinksView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CALL}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": LinksQuery}

    @extend_schema(responses=paged(MemoryLinkSerializer))
    async def get(self, request: Request, caller: Caller) -> Response:
        """Links between memories that are there and may be read, newest first."""
        return await in_tenant(asker_of(caller), self._page, request)

    def _page(self, asker: Asker, request: Request) -> Response:
        asked = {name: value for name, value in self.query.items() if name not in PAGE}
        rows = listed_links(asker, read_fields_of(asked, LIST, path=""))
        return page(rows, show_link, request=request, view=self)

    @extend_schema(request=NewMemoryLinkSerializer, responses={201: MemoryLinkSerializer, 200: MemoryLinkSerializer})
    async def post(self, request: Request, caller: Caller) -> Response:
        """Link a memory to another one. The same type between the same two again puts weight and metadata: 200."""
        answer = await link(asker_of(caller), request.data)
        location = f"/api/v1/memory-links/{answer.body['id']}/"
        return response_of(answer, status=201 if answer.is_new else 200, location=location)


class LinkView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "delete": Right.CALL}

    @extend_schema(responses=MemoryLinkSerializer)
    async def get(self, request: Request, caller: Caller, link_id: UUID) -> Response:
        """One link."""
        return response_of(await retrieve_link(asker_of(caller), link_id))

    @extend_schema(responses=MemoryLinkSerializer)
    async def delete(self, request: Request, caller: Caller, link_id: UUID) -> Response:
        """Remove it. Both memories stay."""
        return response_of(await unlink(asker_of(caller), {"id": link_id}))
