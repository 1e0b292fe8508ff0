"""`analytics/`: wire only."""

from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.queries import QuerySerializer
from accounts.api.serializers import TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.analytics import By, Every, Measured, Stretch, measure, measure_by, measure_over_time, stretch


class StretchQuery(QuerySerializer):
    since = TimeField(required=False, help_text="24 hours before `until` if left out.")
    until = TimeField(required=False, help_text="Now if left out.")
    tool = serializers.CharField(max_length=64, default="", help_text="Only this tool's calls.")


class GroupsQuery(StretchQuery):
    by = serializers.ChoiceField(choices=[each.value for each in By], default=By.TOOL.value)


class SeriesQuery(StretchQuery):
    every = serializers.ChoiceField(choices=[each.value for each in Every], default=Every.HOUR.value)


class MeasuredSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="What these calls have in common, or the point's beginning.")
    calls = serializers.IntegerField()
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    refused = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    unfinished = serializers.IntegerField()
    cached = serializers.IntegerField()
    error_rate = serializers.FloatField(allow_null=True, help_text="Failures among those that reached their tool.")
    p50_ms = serializers.FloatField(allow_null=True)
    p95_ms = serializers.FloatField(allow_null=True)
    p99_ms = serializers.FloatField(allow_null=True)


class StretchSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = MeasuredSerializer()


class MeasuredListSerializer(StretchSerializer):
    total = None  # type: ignore[assignment]
    results = MeasuredSerializer(many=True)


class _AnalyticsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @property
    def stretch(self) -> Stretch:
        return stretch(self.query.get("since"), self.query.get("until"), self.query["tool"])


class SummaryView(_AnalyticsView):
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": StretchQuery}

    @extend_schema(responses=StretchSerializer)
    def get(self, request: Request, caller: Caller) -> Response:
        """All calls of a stretch of time together."""
        of = self.stretch
        return Response(_bounds(of) | {"total": _represent(measure(caller.tenant_id, of))})


class GroupsView(_AnalyticsView):
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": GroupsQuery}

    @extend_schema(responses=MeasuredListSerializer)
    def get(self, request: Request, caller: Caller) -> Response:
        """The calls of a stretch of time by tool, version, agent, status, code, mode or provider; the most first."""
        of = self.stretch
        return _listed(of, measure_by(caller.tenant_id, of, By(self.query["by"])))


class SeriesView(_AnalyticsView):
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": SeriesQuery}

    @extend_schema(responses=MeasuredListSerializer)
    def get(self, request: Request, caller: Caller) -> Response:
        """The calls of a stretch of time, minute by minute, hour by hour or day by day."""
        of = self.stretch
        return _listed(of, measure_over_time(caller.tenant_id, of, Every(self.query["every"])))


def _listed(of: Stretch, found: list[Measured]) -> Response:
    return Response(_bounds(of) | {"results": [_represent(each) for each in found]})


def _bounds(of: Stretch) -> dict[str, Any]:
    return {"since": of.since, "until": of.until}


def _represent(found: Measured) -> dict[str, Any]:
    shown, rate = asdict(found), found.counts.error_rate
    counts: dict[str, int] = shown.pop("counts")
    return shown | counts | {"calls": found.counts.total, "error_rate": None if rate is None else round(rate, 4)}
