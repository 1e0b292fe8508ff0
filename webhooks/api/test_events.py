"""`webhook-sources/{slug}/test/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from accounts.tenancy import within
from webhooks.models.event import EventStatus
from webhooks.sources.find import find_source
from webhooks.sources.test_event import sample_named, send_test


class TestSerializer(StrictSerializer):
    sample = serializers.CharField(
        max_length=200, default="", help_text="One of its scheme's, by its name; left out: the first."
    )


class TestedSerializer(serializers.Serializer[Any]):
    event = serializers.UUIDField()
    status = serializers.ChoiceField(choices=EventStatus.choices)
    reason = serializers.CharField(help_text="Why it was refused, in a word.")
    detail = serializers.CharField(help_text="The same in a sentence.")


class TestView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CALL}
    asks_outside = frozenset({"post"})

    @extend_schema(request=TestSerializer, responses=TestedSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Send a sample event, signed with the source's secret. Routes that match it run their tools."""
        wanted = TestSerializer.read(request.data)
        with within(caller.tenant_id):
            source = find_source(slug)
        event = send_test(source=source, sample=sample_named(source.scheme, wanted["sample"]), by=caller)
        told = {"event": event.id, "status": event.status, "reason": event.reason, "detail": event.detail}
        return Response(told)
