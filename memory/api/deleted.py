"""Deleting by a filter, undoing it, purging: wire only."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import NothingSerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.answers.delete import delete_many, purge, purge_many, restore, restore_many
from memory.api.asking import asker_of, body_of, response_of
from memory.api.fields import (
    MemoryCountedSerializer,
    MemoryDeletedSerializer,
    MemoryDeleteManySerializer,
    MemoryPurgeManySerializer,
    MemoryRestoredSerializer,
    MemoryRestoreManySerializer,
    MemorySerializer,
    MemoryWaitSerializer,
)


class DeleteManyView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(
        operation_id="memories_delete_many", request=MemoryDeleteManySerializer, responses=MemoryDeletedSerializer
    )
    async def post(self, request: Request, caller: Caller) -> Response:
        """Delete all that a filter finds, or with `dry_run` say how many that would be.

        Needs to write in all of the filter's namespace. `deletion` undoes it.
        """
        return response_of(await delete_many(asker_of(caller), request.data))


class RestoreManyView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(
        operation_id="memories_restore_many", request=MemoryRestoreManySerializer, responses=MemoryRestoredSerializer
    )
    async def post(self, request: Request, caller: Caller) -> Response:
        """Undo a deletion: what one request deleted, as far as it has not been purged."""
        return response_of(await restore_many(asker_of(caller), request.data))


class PurgeManyView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.PEOPLE}

    @extend_schema(
        operation_id="memories_purge_many", request=MemoryPurgeManySerializer, responses=MemoryCountedSerializer
    )
    async def post(self, request: Request, caller: Caller) -> Response:
        """Remove for good what is deleted and the filter finds, or with `dry_run` say how many that would be."""
        return response_of(await purge_many(asker_of(caller), request.data))


class RestoreView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=MemoryWaitSerializer, responses=MemorySerializer)
    async def post(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """Undo its deletion; one that is not deleted stays as it is. 409 when it has expired, or the same is there."""
        return response_of(await restore(asker_of(caller), memory_id, body_of(request.data)))


class PurgeView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.PEOPLE}

    @extend_schema(request=NothingSerializer, responses=MemoryCountedSerializer)
    async def post(self, request: Request, caller: Caller, memory_id: UUID) -> Response:
        """Remove a deleted memory for good, with its links and all that it ever said. 409 when it is not deleted."""
        NothingSerializer.read(body_of(request.data))
        return response_of(await purge(asker_of(caller), memory_id))
