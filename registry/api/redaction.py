"""`redaction/` and `tools/{slug}/redaction/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.models import Tenant
from accounts.roles import Right
from integrations.redaction.policy import EXAMPLE, Form, Policy, answers
from integrations.tenant_redaction import set_redaction
from registry.catalogue import find_tool
from registry.change import change_tool


class PolicySerializer(StrictSerializer):
    """What is decided; a kind that is not named is as the tenant's policy or the defaults say."""

    policy = serializers.JSONField(help_text=f"E.g. `{EXAMPLE}`. `{{}}`: nothing of its own.")


class RedactionSerializer(serializers.Serializer[Any]):
    policy = serializers.JSONField(help_text="What is decided here.")
    answers = serializers.JSONField(help_text="What holds for each kind, `stored` and `returned`.")


class TenantRedactionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "put": Right.PEOPLE}

    @extend_schema(responses=RedactionSerializer)
    def get(self, request: Request, caller: Caller) -> Response:
        """What becomes of secrets and personal data, where a tool does not say otherwise."""
        return _shown(Tenant.objects.get(id=caller.tenant_id).redaction)

    @extend_schema(request=PolicySerializer, responses=RedactionSerializer)
    def put(self, request: Request, caller: Caller) -> Response:
        """Decide it anew. It holds from the next call on."""
        policy = PolicySerializer.read(request.data)["policy"]
        tenant = Tenant.objects.get(id=caller.tenant_id)
        return _shown(set_redaction(tenant=tenant, by=caller, policy=policy).redaction)


class ToolRedactionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "put": Right.CATALOGUE}

    @extend_schema(responses=RedactionSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """The same for one tool."""
        return self._of(caller, slug)

    @extend_schema(request=PolicySerializer, responses=RedactionSerializer)
    def put(self, request: Request, caller: Caller, slug: str) -> Response:
        """Decide it for one tool; a shared tool's is the platform owner's."""
        policy = PolicySerializer.read(request.data)["policy"]
        change_tool(tool=find_tool(slug), by=caller, changes={"redaction": policy})
        return self._of(caller, slug)

    def _of(self, caller: Caller, slug: str) -> Response:
        tool, tenant = find_tool(slug), Tenant.objects.get(id=caller.tenant_id)
        return _shown(tool.redaction, tenant.redaction, shared=tool.tenant_id is None)


def _shown(policy: Policy, below: Policy | None = None, *, shared: bool = False) -> Response:
    tenant, tool = (policy, None) if below is None else (below, policy)
    held = {form: dict(answers(form, tenant, tool, shared=shared)) for form in Form}
    return Response({"policy": policy, "answers": held})
