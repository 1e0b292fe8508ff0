"""`breakers/`: wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_at_once, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer, StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.ids import uuid_in
from accounts.roles import Right
from registry.breakers.circuit import State
from registry.breakers.hold import LONGEST_REASON, hold_breaker, release_breaker
from registry.breakers.state import Standing, standings, troubled_versions
from registry.catalogue import find_tool
from registry.errors import VersionNotFound
from registry.models import BreakerHold, Tool, ToolVersion
from registry.models.breaker import Hold
from registry.models.version import VersionState

HELD = "held"


class BreakersQuery(PageQuery):
    tool = serializers.CharField(max_length=64, required=False, help_text="A tool's slug.")
    state = serializers.ChoiceField(
        choices=["troubled", HELD],
        required=False,
        help_text="`troubled`: those that are not closed; `held`: those that somebody holds.",
    )


class HeldSerializer(serializers.Serializer[Any]):
    hold = serializers.ChoiceField(choices=Hold.choices)
    reason = serializers.CharField()
    by = serializers.CharField(help_text="As the audit trail names them.")
    since = serializers.DateTimeField()
    all_versions = serializers.BooleanField()


class BreakerSerializer(serializers.Serializer[Any]):
    """The circuit of one version, for your tenant."""

    tool = serializers.CharField()
    version = serializers.CharField()
    version_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=[state.value for state in State], allow_null=True)
    opens_to_trials_at = serializers.DateTimeField(allow_null=True, help_text="When an open one may be tried.")
    failures = serializers.IntegerField()
    calls = serializers.IntegerField(help_text="In the window, or when it opened.")
    held = HeldSerializer(allow_null=True)


class HoldSerializer(StrictSerializer):
    hold = serializers.ChoiceField(choices=Hold.choices, help_text="Refuse every call, or let every one through.")
    reason = serializers.CharField(max_length=LONGEST_REASON)


class BreakersView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": BreakersQuery}

    @extend_schema(responses=paged(BreakerSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The circuits of all versions that can be called, newest first."""
        versions = ToolVersion.objects.filter(tool__retired_at=None).exclude(state=VersionState.RETIRED)
        if "tool" in self.query:
            versions = versions.filter(tool__slug=self.query["tool"])
        if self.query.get("state") == HELD:
            versions = versions.filter(tool__in=BreakerHold.objects.values("tool"))
        elif "state" in self.query:
            versions = versions.filter(id__in=troubled_versions(caller.tenant_id))

        def represent(rows: list[ToolVersion]) -> list[dict[str, Any]]:
            return represent_breakers(caller.tenant_id, rows)

        return page_at_once(versions.select_related("tool"), represent, request=request, view=self)


class HoldView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=HoldSerializer, responses=BreakerSerializer(many=True))
    def post(self, request: Request, caller: Caller, which: str) -> Response:
        """Hold a circuit open or closed: of one version by its id, or of all versions by the tool's slug."""
        wanted = HoldSerializer.read(request.data)
        tool, version = _meant(which)
        hold_breaker(tool=tool, version=version, hold=Hold(wanted["hold"]), reason=wanted["reason"], by=caller)
        return _shown(caller, tool, version)


class ReleaseView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=NothingSerializer, responses=BreakerSerializer(many=True))
    def post(self, request: Request, caller: Caller, which: str) -> Response:
        """Let go of a circuit: it follows its calls again."""
        NothingSerializer.read(request.data)
        tool, version = _meant(which)
        release_breaker(tool=tool, version=version, by=caller)
        return _shown(caller, tool, version)


def _meant(which: str) -> tuple[Tool, ToolVersion | None]:
    version_id = uuid_in(which)
    if version_id is None:
        return find_tool(which), None
    version = ToolVersion.objects.filter(id=version_id, tool__retired_at=None).select_related("tool").first()
    if version is None:
        raise VersionNotFound("There is no such version for you. `GET /api/v1/breakers/` lists those that there are.")
    return version.tool, version


def _shown(caller: Caller, tool: Tool, version: ToolVersion | None) -> Response:
    rows = ToolVersion.objects.filter(tool=tool).exclude(state=VersionState.RETIRED).select_related("tool")
    if version is not None:
        rows = rows.filter(id=version.id)
    return Response(represent_breakers(caller.tenant_id, list(rows)))


def represent_breakers(tenant_id: UUID, versions: list[ToolVersion]) -> list[dict[str, Any]]:
    found = standings(tenant_id, versions)
    return [_represented(version, standing) for version, standing in zip(versions, found, strict=True)]


def _represented(version: ToolVersion, standing: Standing) -> dict[str, Any]:
    held = standing.held
    return {
        "tool": version.tool.slug,
        "version": version.version,
        "version_id": version.id,
        "state": standing.state,
        "opens_to_trials_at": standing.until if standing.state is State.OPEN else None,
        "failures": standing.failures,
        "calls": standing.calls,
        "held": {
            "hold": held.hold,
            "reason": held.reason,
            "by": held.by,
            "since": held.created_at,
            "all_versions": held.tool_version_id is None,
        }
        if held
        else None,
    }
