"""`audit/`: the trail, to be read."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.models import AuditEntry
from accounts.roles import Right

LARGEST_SEQUENCE = 2**63 - 1


class AuditEntrySerializer(serializers.Serializer[AuditEntry]):
    id = serializers.UUIDField()
    sequence = serializers.IntegerField(allow_null=True, help_text="The place in the chain; null until it is sealed.")
    seal = serializers.SerializerMethodField(help_text="SHA-256 over the previous seal and this entry, in hex.")
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField()
    subject = serializers.CharField()
    detail = serializers.DictField()

    def get_seal(self, entry: AuditEntry) -> str | None:
        return None if entry.seal is None else bytes(entry.seal).hex()


class AuditQuery(PageQuery):
    action = serializers.CharField(max_length=64, required=False, help_text="E.g. `tool.registered`.")
    subject = serializers.CharField(max_length=120, required=False, help_text="E.g. `tool:<id>`.")
    actor = serializers.CharField(max_length=120, required=False, help_text="E.g. `agent:<id>`.")
    after = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_SEQUENCE,
        required=False,
        help_text="Only sealed entries with a greater sequence, in its order: to follow the trail.",
    )


class AuditView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": AuditQuery}

    @extend_schema(responses=paged(AuditEntrySerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """What happened, newest first; with `after`, in the order of the chain."""
        filters = {name: self.query[name] for name in ("action", "subject", "actor") if name in self.query}
        rows = AuditEntry.objects.filter(**filters)
        if "after" in self.query:
            rows = rows.sealed_after(self.query["after"])
            return page(rows, represent_entry, request=request, view=self, ordering="sequence")
        return page(rows, represent_entry, request=request, view=self)


def represent_entry(entry: AuditEntry) -> dict[str, Any]:
    return AuditEntrySerializer(entry).data
