"""`tools/{slug}/versions/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer, TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from registry.api.tool_fields import VersionFactsSerializer, VersionSerializer, represent_version_facts
from registry.catalogue import find_tool, find_version
from registry.change import refuse_immutable
from registry.models import ToolVersion
from registry.models.version import VersionState
from registry.publish import publish_version
from registry.sunset import deprecate_version, retire_version


class NewVersionSerializer(VersionFactsSerializer):
    """What is left out is as in the version before it."""

    version = serializers.CharField(max_length=64, help_text="https://semver.org, e.g. `1.1.0`.")


class VersionChangesSerializer(StrictSerializer):
    state = serializers.ChoiceField(choices=VersionState.choices)
    sunset_at = TimeField(required=False, allow_null=True, help_text="When a deprecated version will be retired.")


class VersionsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CATALOGUE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(VersionSerializer))
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """The tool's versions, in whatever state, last published first."""
        return page(ToolVersion.objects.filter(tool=find_tool(slug)), represent_version, request=request, view=self)

    @extend_schema(request=NewVersionSerializer, responses={201: VersionSerializer})
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Publish a version. One that breaks callers without a new major version is refused with the difference."""
        spec = NewVersionSerializer.read(request.data)
        version = publish_version(tool=find_tool(slug), by=caller, spec=spec)
        return Response(represent_version(version), status=201)


class VersionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CATALOGUE}

    @extend_schema(responses=VersionSerializer)
    def get(self, request: Request, caller: Caller, slug: str, version: str) -> Response:
        """One version, by its name or by a range: `1.2.0`, `^1.2`, `latest`."""
        return Response(represent_version(find_version(find_tool(slug), version)))

    @extend_schema(request=VersionChangesSerializer, responses=VersionSerializer)
    def patch(self, request: Request, caller: Caller, slug: str, version: str) -> Response:
        """Deprecate or retire a version. Nothing else of it changes, ever."""
        if isinstance(request.data, dict):
            refuse_immutable(request.data)
        changes = VersionChangesSerializer.read(request.data)
        found = find_version(find_tool(slug), version)
        return Response(represent_version(_changed(found, caller, **changes)))


def _changed(version: ToolVersion, caller: Caller, *, state: str, **more: Any) -> ToolVersion:
    if state == VersionState.DEPRECATED:
        return deprecate_version(version=version, by=caller, **more)
    if more.get("sunset_at"):
        hint = "Only a deprecated version has a date. Leave this out."
        raise Invalid("The version cannot be changed like this.", faults=[Fault("$.sunset_at", hint)])
    if state == VersionState.RETIRED:
        return retire_version(version=version, by=caller)
    raise Conflict("A version is published once: it goes from published to deprecated to retired, never back.")


def represent_version(version: ToolVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "state": version.state,
        "sunset_at": version.sunset_at,
        "created_at": version.created_at,
        **represent_version_facts(version),
    }
