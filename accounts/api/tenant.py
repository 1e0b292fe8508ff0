"""`tenant/`: the caller's own; wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    ConcurrencySerializer,
    NetworksField,
    QuotaSerializer,
    RateLimitSerializer,
    StrictSerializer,
)
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.decisions import Decision
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenants import change_tenant


class TenantChangesSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    default_decision = serializers.ChoiceField(
        choices=Decision.choices, required=False, help_text="What becomes of a call that no permission rule matches."
    )
    destructive_decision = serializers.ChoiceField(
        choices=Decision.choices,
        required=False,
        help_text="The same for versions whose permissions include `destructive`.",
    )
    allowed_networks = NetworksField(
        required=False, help_text='Where people and agents may come from, e.g. `["203.0.113.0/24"]`; empty: anywhere.'
    )
    approval_expires_seconds = serializers.IntegerField(
        required=False, allow_null=True, help_text="How long people have to decide about a call; null: as is usual."
    )


class OwnTenantSerializer(TenantChangesSerializer):
    """The tenant, as it is shown."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    rate_limit = RateLimitSerializer(allow_null=True, help_text="For all calls together; the platform's owner sets it.")
    concurrency = ConcurrencySerializer(allow_null=True)
    quota = QuotaSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class OwnTenantView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.PEOPLE}

    @extend_schema(responses=OwnTenantSerializer)
    def get(self, request: Request, caller: Caller) -> Response:
        """Your own tenant."""
        return Response(represent_tenant(Tenant.objects.get(id=caller.tenant_id)))

    @extend_schema(request=TenantChangesSerializer, responses=OwnTenantSerializer)
    def patch(self, request: Request, caller: Caller) -> Response:
        """Change your tenant, from the next call on. Networks without your own address are refused."""
        changes = TenantChangesSerializer.read(request.data)
        tenant = Tenant.objects.get(id=caller.tenant_id)
        return Response(represent_tenant(change_tenant(tenant=tenant, by=caller, changes=changes)))


def represent_tenant(tenant: Tenant) -> dict[str, Any]:
    return OwnTenantSerializer(tenant).data
