"""`connections/{slug}/uses/`: wire only."""

from dataclasses import asdict
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from integrations.api.connection_fields import find_connection
from registry.uses import uses_of


class ToolUseSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    is_bound = serializers.BooleanField(
        help_text="It was given this connection; else it goes out with whatever is its connector's default."
    )


class LateUseSerializer(serializers.Serializer[Any]):
    tool = serializers.CharField()
    agent_id = serializers.UUIDField(allow_null=True)
    agent = serializers.CharField(help_text="Empty for calls of people.")
    calls = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class UsesSerializer(serializers.Serializer[Any]):
    tools = ToolUseSerializer(many=True, help_text="Whose next call goes out with it; at most 500.")
    lately = LateUseSerializer(many=True, help_text="Calls of the last seven days, the latest first; at most 200.")


class UsesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=UsesSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """The tools that go out with a connection, and which agents lately called with it."""
        return Response(asdict(uses_of(find_connection(slug))))
