"""`memory-imports/`: wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import UnsupportedMediaType
from accounts.roles import Right
from memory.api.line_bodies import JsonLinesParser, LinesParser
from memory.importing.begin import begin_import
from memory.importing.cancel import cancel_import
from memory.importing.find import faults_of, find_import, list_imports, pace_of
from memory.models import BulkStatus, ImportFault, MemoryImport, Trust

POLL_SECONDS = 2
"""When to look again at an import that has not ended."""


class MemoryImportSerializer(serializers.Serializer[MemoryImport]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=BulkStatus.choices)
    error = serializers.CharField(help_text="Why it failed.")
    namespace = serializers.CharField(help_text="Of lines that name none.")
    trust = serializers.ChoiceField(choices=Trust.choices, help_text="Of lines that say nothing of it.")
    bytes = serializers.IntegerField(source="size")
    sha256 = serializers.CharField(help_text="Of the lines as they came.")
    total = serializers.IntegerField(source="total_lines", help_text="Lines.")
    done = serializers.IntegerField(source="line", help_text="Lines that are done: the four numbers below together.")
    created = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Lines whose namespace held their content already.")
    refused = serializers.IntegerField(help_text="Lines that are told under `faults/`.")
    blank = serializers.IntegerField(help_text="Lines without anything.")
    created_by = serializers.CharField(source="actor")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportProgressSerializer(MemoryImportSerializer):
    lines_per_second = serializers.FloatField(allow_null=True, help_text="While workers were at it; null: not yet.")
    eta_seconds = serializers.FloatField(allow_null=True, help_text="Until it is done; null: unknown, or it has ended.")


class ImportFaultSerializer(serializers.Serializer[ImportFault]):
    line = serializers.IntegerField(help_text="Counted from 1.")
    path = serializers.CharField(help_text="Where in the line.")
    message = serializers.CharField(help_text="What would be right.")


class MemoryImportsQuery(PageQuery):
    status = serializers.ChoiceField(choices=BulkStatus.choices, required=False)


class NewImportQuery(QuerySerializer):
    namespace = serializers.CharField(max_length=600, required=False, help_text="Of lines that name none: `default`.")
    trust = serializers.ChoiceField(
        choices=Trust.choices, required=False, help_text="Of lines that say nothing of it: `untrusted`."
    )


class MemoryImportsView(TenantView):
    parser_classes = (LinesParser, JsonLinesParser)
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CALL}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": MemoryImportsQuery, "post": NewImportQuery}
    asks_outside = frozenset({"post"})

    @extend_schema(responses=paged(MemoryImportSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """Your imports, newest first; with the right to people, all of the tenant's."""
        rows = list_imports(by=caller)
        if "status" in self.query:
            rows = rows.filter(status=self.query["status"])
        return page(rows, represent_import, request=request, view=self)

    @extend_schema(
        request={"application/x-ndjson": OpenApiTypes.BINARY, "application/jsonl": OpenApiTypes.BINARY},
        responses={202: ImportProgressSerializer},
    )
    def post(self, request: Request, caller: Caller) -> Response:
        """Import memories, one on each line, as `POST memories/` takes them. Workers read them; `Location` is where to
        look how far that is."""
        row = begin_import(tenant_id=caller.tenant_id, by=caller, lines=_lines_of(request), **self.query)
        headers = {"Location": f"/api/v1/memory-imports/{row.id}/", "Retry-After": str(POLL_SECONDS)}
        return Response(represent_progress(row), status=202, headers=headers)


class MemoryImportView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=ImportProgressSerializer)
    def get(self, request: Request, caller: Caller, import_id: UUID) -> Response:
        """One import, and how far it is."""
        return Response(represent_progress(find_import(by=caller, import_id=import_id)))


class MemoryImportFaultsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(ImportFaultSerializer))
    def get(self, request: Request, caller: Caller, import_id: UUID) -> Response:
        """Why lines were refused: of the first thousand of them, in their order."""
        rows = faults_of(by=caller, import_id=import_id)
        return page(rows, represent_fault, request=request, view=self, ordering="id")


class CancelMemoryImportView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}

    @extend_schema(request=NothingSerializer, responses=ImportProgressSerializer)
    def post(self, request: Request, caller: Caller, import_id: UUID) -> Response:
        """Stop an import. What was made of its lines until then stays."""
        NothingSerializer.read(request.data)
        return Response(represent_progress(cancel_import(by=caller, import_id=import_id)))


def _lines_of(request: Request) -> Any:
    """The body, in pieces. Raises UnsupportedMediaType."""
    try:
        return request.data or ()
    except exceptions.UnsupportedMediaType:
        raise UnsupportedMediaType(
            "Bodies here are JSON lines: an object on each. Send `Content-Type: application/x-ndjson`."
        ) from None


def represent_import(row: MemoryImport) -> dict[str, Any]:
    return MemoryImportSerializer(row).data


def represent_progress(row: MemoryImport) -> dict[str, Any]:
    pace = pace_of(row)
    return represent_import(row) | {"lines_per_second": pace.lines_per_second, "eta_seconds": pace.eta_seconds}


def represent_fault(fault: ImportFault) -> dict[str, Any]:
    return ImportFaultSerializer(fault).data
