"""`webhook-events/{id}/raw/`: wire only."""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from webhooks.api.events import RequestSerializer, VerdictSerializer, represent_request
from webhooks.events.find import find_event
from webhooks.events.inspect_signature import Inspection
from webhooks.events.read_raw import AsItCame, read_raw


class ComputedSerializer(serializers.Serializer[Any]):
    secret = serializers.UUIDField(allow_null=True, help_text="The id of one of the source's secrets.")
    signature = serializers.CharField(allow_null=True, help_text="Null: it cannot be computed.")


class InspectionSerializer(serializers.Serializer[Any]):
    at_receipt = VerdictSerializer()
    valid = serializers.BooleanField(help_text="Whether the source as it is now would have accepted it then.")
    reason = serializers.CharField()
    detail = serializers.CharField()
    signed = serializers.CharField(allow_null=True, help_text="The text that is signed, its beginning.")
    computed = ComputedSerializer(many=True, help_text="For each secret that was active, and those that came since.")
    received = serializers.ListField(child=serializers.CharField(), help_text="The signatures as they came.")


class RawSerializer(RequestSerializer):
    curl = serializers.CharField(help_text="A command that sends it again.")
    signature = InspectionSerializer()


class RawView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.CREDENTIALS}

    @extend_schema(responses=RawSerializer)
    def get(self, request: Request, caller: Caller, event_id: UUID) -> Response:
        """The request as it came, secrets and all, and why its signature was right or wrong. It is audited."""
        return Response(represent_raw(read_raw(event=find_event(event_id), by=caller)))


def represent_raw(told: AsItCame) -> dict[str, Any]:
    return {**represent_request(told.raw), "curl": told.curl, "signature": represent_inspection(told.signature)}


def represent_inspection(told: Inspection) -> dict[str, Any]:
    now = told.now
    return {
        "at_receipt": told.at_receipt,
        "valid": now.valid,
        "reason": now.reason,
        "detail": now.detail,
        "signed": None if now.signed is None else now.signed.decode("utf-8", "backslashreplace"),
        "computed": list(_computed(told)),
        "received": now.received,
    }


def _computed(told: Inspection) -> Iterator[dict[str, Any]]:
    """Side by side, unless a secret could not be read and nobody knows whose is missing."""
    secrets = told.secrets if len(told.now.computed) in (0, len(told.secrets)) else ()
    for secret, signature in zip_longest(secrets, told.now.computed):
        yield {"secret": secret, "signature": signature}
