"""`memory-erasures/`: wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.erasing.begin import begin_erasure, count_erasure
from memory.erasing.find import find_erasure, list_erasures
from memory.erasing.proof import as_told
from memory.models import BulkStatus, Erased, MemoryErasure

POLL_SECONDS = 2
"""When to look again at an erasure that has not ended."""


class NewErasureSerializer(StrictSerializer):
    what = serializers.ChoiceField(choices=Erased.choices)
    target = serializers.CharField(
        max_length=600,
        trim_whitespace=False,
        required=False,
        help_text="The namespace, with all below it, or the end user; left out for the tenant.",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Count what would be removed, and leave it.")


class SealedEntrySerializer(serializers.Serializer[Any]):
    """The entry of the audit trail. It is sealed within a second."""

    id = serializers.UUIDField()
    sequence = serializers.IntegerField(allow_null=True)
    seal = serializers.CharField(allow_null=True)


class ProofSerializer(serializers.Serializer[Any]):
    removed = serializers.DictField(child=serializers.IntegerField(), help_text="Rows, by their table.")
    found_after = serializers.DictField(
        child=serializers.IntegerField(), allow_null=True, help_text="The same, looked for at the end; null: not yet."
    )
    ids = serializers.IntegerField(help_text="Memories that the digest is made of.")
    ids_digest = serializers.CharField(help_text="A chain of SHA-256 over their ids, in their order.")
    audit = SealedEntrySerializer(allow_null=True)
    remains = serializers.ListField(child=serializers.CharField(), help_text="What an erasure leaves.")


class MemoryErasureSerializer(serializers.Serializer[MemoryErasure]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=BulkStatus.choices)
    what = serializers.ChoiceField(choices=Erased.choices)
    target_digest = serializers.CharField(help_text="SHA-256 of the target; of a tenant, of its id.")
    created_by = serializers.CharField(source="actor")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ProvenErasureSerializer(MemoryErasureSerializer):
    proof = ProofSerializer()


class ErasureCountSerializer(serializers.Serializer[Any]):
    """Of a dry run."""

    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rows, by their table.")


class MemoryErasuresView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(MemoryErasureSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's erasures, newest first."""
        return page(list_erasures(by=caller), represent_erasure, request=request, view=self)

    @extend_schema(request=NewErasureSerializer, responses={200: ErasureCountSerializer, 202: ProvenErasureSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Remove for ever what is remembered of an end user, in a namespace, or of the whole tenant. A worker does it;
        `Location` is where the proof will be. There is no undoing it: try `dry_run` first."""
        wanted = NewErasureSerializer.read(request.data)
        if wanted.pop("dry_run"):
            return Response({"counts": count_erasure(by=caller, **wanted)})
        row = begin_erasure(tenant_id=caller.tenant_id, by=caller, **wanted)
        headers = {"Location": f"/api/v1/memory-erasures/{row.id}/", "Retry-After": str(POLL_SECONDS)}
        return Response(represent_proven(row), status=202, headers=headers)


class MemoryErasureView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE}

    @extend_schema(responses=ProvenErasureSerializer)
    def get(self, request: Request, caller: Caller, erasure_id: UUID) -> Response:
        """One erasure, and its proof."""
        return Response(represent_proven(find_erasure(by=caller, erasure_id=erasure_id)))


def represent_erasure(row: MemoryErasure) -> dict[str, Any]:
    return MemoryErasureSerializer(row).data


def represent_proven(row: MemoryErasure) -> dict[str, Any]:
    return represent_erasure(row) | {"proof": as_told(row)}
