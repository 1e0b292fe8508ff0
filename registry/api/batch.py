"""`tools/batch/`: many registrations, an outcome for each."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.problems import problem, translate
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.api.tool_fields import NewToolSerializer, ToolSerializer, represent_tool
from registry.batch import Registered, register_tools
from registry.catalogue import entries

MOST_TOOLS = 200


class BatchSerializer(StrictSerializer):
    atomic = serializers.BooleanField(default=False, help_text="Register all of them, or none.")
    # Read one by one, so that each has an outcome of its own.
    tools = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MOST_TOOLS)


class BatchRequestSerializer(StrictSerializer):
    """For the schema: what `tools` holds."""

    atomic = serializers.BooleanField(default=False, help_text="Register all of them, or none.")
    tools = NewToolSerializer(many=True)


class RegisteredSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField(allow_null=True)
    status = serializers.IntegerField(help_text="As if it had been registered alone: 201, 409, 422, …")
    tool = ToolSerializer(required=False)
    problem = serializers.DictField(required=False, help_text="A problem document.")


class BatchOutcomeSerializer(serializers.Serializer[Any]):
    outcomes = RegisteredSerializer(many=True)


class BatchView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=BatchRequestSerializer, responses=BatchOutcomeSerializer)
    def post(self, request: Request, caller: Caller) -> Response:
        """Register many tools. 200 with an outcome for each, in the order they were sent."""
        wanted = BatchSerializer.read(request.data)
        specs = [_read(item) for item in wanted["tools"]]
        outcomes = register_tools(by=caller, specs=specs, atomic=wanted["atomic"])
        return Response({"outcomes": _represent(outcomes)})


def _read(item: Any) -> dict[str, Any] | Registered:
    try:
        return NewToolSerializer.read(item)
    except ValidationError as error:
        slug = item.get("slug") if isinstance(item, dict) else None
        return Registered(slug if isinstance(slug, str) else None, error=translate(error))


def _represent(outcomes: list[Registered]) -> list[dict[str, Any]]:
    tools = {entry.tool.id: entry for entry in entries([outcome.tool for outcome in outcomes if outcome.tool])}
    return [
        {"slug": outcome.slug, "status": 201, "tool": represent_tool(tools[outcome.tool.id])}
        if outcome.tool
        else {"slug": outcome.slug, **_refusal(outcome)}
        for outcome in outcomes
    ]


def _refusal(outcome: Registered) -> dict[str, Any]:
    document = problem(outcome.error) if outcome.error else {}
    return {"status": document["status"], "problem": document}
