"""`imports/`: wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, page_of, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import NotFound
from accounts.roles import Right
from integrations.api.import_bodies import (
    ImportFormParser,
    ImportFormSerializer,
    ImportJSONParser,
    ImportRequestSerializer,
    read_order,
)
from integrations.importing.begin import begin_import
from integrations.models import ConnectorImport
from integrations.models.connector import ImportState
from integrations.openapi.report import Reason

POLL_SECONDS = 2
"""When to look again at an import that has not ended."""


class WarningSerializer(serializers.Serializer[Any]):
    sentence = serializers.CharField()
    times = serializers.IntegerField()


class ChangesSerializer(serializers.Serializer[Any]):
    """Slugs of actions, beside the import before."""

    added = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())


class ReportSerializer(serializers.Serializer[Any]):
    """What became of the description. Each operation that became no action is told under `skipped/`."""

    version = serializers.CharField(help_text="Of OpenAPI.")
    title = serializers.CharField()
    operations = serializers.IntegerField(help_text="How many are described.")
    actions = serializers.IntegerField(help_text="How many became actions.")
    reasons = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many did not, by reason; see `skipped/`."
    )
    deprecated = serializers.ListField(child=serializers.CharField(), help_text="Actions that the vendor deprecates.")
    cut = serializers.ListField(
        child=serializers.CharField(), help_text="Actions whose inputs are described less deeply than there, for size."
    )
    warnings = WarningSerializer(many=True)
    changes = ChangesSerializer(allow_null=True, help_text="Null: the connector is new.")


class ImportSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    connector = serializers.CharField()
    url = serializers.CharField(help_text="Where it was read from; empty: it was handed in.")
    state = serializers.ChoiceField(choices=ImportState.choices)
    done = serializers.IntegerField(help_text="Operations that were looked at, of `total`.")
    total = serializers.IntegerField()
    error = serializers.CharField(help_text="Why it failed.")
    report = ReportSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class SkippedSerializer(serializers.Serializer[Any]):
    method = serializers.CharField()
    path = serializers.CharField()
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    sentence = serializers.CharField(help_text="Why it became no action.")


class ImportsQuery(PageQuery):
    connector = serializers.CharField(max_length=64, required=False, help_text="Its slug.")
    state = serializers.ChoiceField(choices=ImportState.choices, required=False)


class SkippedQuery(PageQuery):
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason], required=False)
    search = serializers.CharField(max_length=200, required=False, help_text="A part of the method or path.")


class ImportsView(TenantView):
    parser_classes = (ImportJSONParser, ImportFormParser)
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CREDENTIALS}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ImportsQuery}

    @extend_schema(responses=paged(ImportSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's imports, newest first."""
        same = {name: self.query[name] for name in ("connector", "state") if name in self.query}
        return page(_rows().filter(**same), represent_import, request=request, view=self)

    @extend_schema(
        request={"application/json": ImportRequestSerializer, "multipart/form-data": ImportFormSerializer},
        responses={202: ImportSerializer},
    )
    def post(self, request: Request, caller: Caller) -> Response:
        """Import an OpenAPI description as a connector. A worker reads it; `Location` is where to look how far it is.

        Again with the same slug: what changed is told, and tools of its actions stay as they are until installed again.
        """
        row = begin_import(by=caller, **read_order(request.data))
        headers = {"Location": f"/api/v1/imports/{row.id}/", "Retry-After": str(POLL_SECONDS)}
        return Response(represent_import(row), status=202, headers=headers)


class ImportView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, caller: Caller, import_id: UUID) -> Response:
        """One import: how far it is, and what came of it."""
        return Response(represent_import(_find(import_id)))


class SkippedView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": SkippedQuery}

    @extend_schema(responses=paged(SkippedSerializer))
    def get(self, request: Request, caller: Caller, import_id: UUID) -> Response:
        """The operations that became no action, each with a sentence why; the first 1,000."""
        skipped = _find(import_id).report.get("skipped", [])
        reason, words = self.query.get("reason"), self.query.get("search", "").lower()
        found = [
            each
            for each in skipped
            if reason in (None, each["reason"]) and words in f"{each['method']} {each['path']}".lower()
        ]
        return page_of(found, dict, request=request, query=self.query)


def represent_import(row: ConnectorImport) -> dict[str, Any]:
    return {
        "id": row.id,
        "connector": row.connector,
        "url": row.origin,
        "state": row.state,
        "done": row.done,
        "total": row.total,
        "error": row.error,
        "report": _told(row.report) if row.report else None,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def _told(report: dict[str, Any]) -> dict[str, Any]:
    """Without those that were skipped, which may be a thousand."""
    return {"changes": None} | {name: value for name, value in report.items() if name != "skipped"}


def _rows() -> Any:
    return ConnectorImport.objects.defer("content")


def _find(import_id: UUID) -> ConnectorImport:
    row: ConnectorImport | None = _rows().filter(id=import_id).first()
    if row is None:
        raise NotFound("There is no such import. `GET /api/v1/imports/` lists those that there are.")
    return row
