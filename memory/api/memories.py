"""`memories/` and `memories/{id}/`: wire only."""

from functools import partial
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_at_once, paged
from accounts.api.preconditions import IF_MATCH, required_version
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.answers.create import create
from memory.answers.delete import delete
from memory.answers.find import LIST, listed, retrieve, show_all
from memory.answers.reading import read_fields_of
from memory.answers.types import Asker, in_tenant
from memory.answers.update import update
from memory.api.asking import asked_by, asker_of, response_of
from memory.api.fields import (
    FilterQuery,
    MemoryChangesSerializer,
    MemoryCreatedSerializer,
    MemorySerializer,
    NewMemoriesSerializer,
    ShownQuery,
)
from registry.api.executions import idempotency_key

PAGE = frozenset({"limit", "cursor"})
"""Parameters that the pages read by themselves."""
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="The same key and body are answered as before, for a day; another body is a 409.",
)
MAY_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description='The version that was read, where that matters: `"7"`. Another one by now is a 412.',
)


class MemoriesQuery(FilterQuery, PageQuery):
    pass


class MemoriesView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CALL}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": MemoriesQuery}

    @extend_schema(responses=paged(MemorySerializer))
    async def get(self, request: Request, caller: Caller) -> Response:
        """Memories without a question, newest first. `POST memories/search/` finds by meaning and by words."""
        return await in_tenant(asker_of(caller), self._page, request)

    def _page(self, asker: Asker, request: Request) -> Response:
        asked = asked_by({name: value for name, value in self.query.items() if name not in PAGE})
        read = read_fields_of(asked, LIST, path="")
        show = partial(show_all, fields=read.get("fields"))
        return page_at_once(listed(asker, read), show, request=request, view=self)

    @extend_schema(
        request=NewMemoriesSerializer,
        responses={
            201: MemoryCreatedSerializer,
            200: OpenApiResponse(
                MemoryCreatedSerializer, description="The one that was there; or `outcomes`, of many."
            ),
        },
        parameters=[IDEMPOTENCY_KEY],
    )
    async def post(self, request: Request, caller: Caller) -> Response:
        """Remember something, or with `memories` many things at once, each with an outcome of its own.

        What a namespace holds already, letter by letter, is not stored again: it is answered with 200, as it is.
        """
        answer = await create(asker_of(caller), request.data, key=idempotency_key(request))
        location = f"/api/v1/memories/{answer.body['id']}/" if "id" in answer.body else ""
        return response_of(answer, status=201 if answer.is_new else 200, location=location)


class MemoryView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CALL, "delete": Right.CALL}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ShownQuery}

    @extend_schema(responses=MemorySerializer)
    async def get(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """One memory. Its `ETag` is what a change of it sends as `If-Match`."""
        return response_of(await retrieve(asker_of(caller), memory_id, asked_by(self.query), path=""))

    @extend_schema(request=MemoryChangesSerializer, responses=MemorySerializer, parameters=[IF_MATCH])
    async def patch(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """Change what is named, if nobody has changed the memory since. What it said before is kept."""
        version = required_version(request)
        return response_of(await update(asker_of(caller), memory_id, version, request.data))

    @extend_schema(responses=MemorySerializer, parameters=[MAY_MATCH])
    async def delete(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """Delete it, until it is restored or purged. Nobody finds it from now on."""
        version = required_version(request) if "If-Match" in request.headers else None
        return response_of(await delete(asker_of(caller), memory_id, version))
