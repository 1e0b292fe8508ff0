"""`namespace-rules/`: wire only."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.models import Access, NamespaceRule
from memory.rules.change import change_rule
from memory.rules.create import create_rule
from memory.rules.find import find_rule, list_rules
from memory.rules.remove import remove_rule


class NamespaceRuleChangesSerializer(StrictSerializer):
    access = serializers.ChoiceField(choices=Access.choices, help_text="What is granted there; `write` reads, too.")


class NewNamespaceRuleSerializer(NamespaceRuleChangesSerializer):
    namespace = serializers.CharField(
        max_length=600, allow_blank=True, help_text="With all below it, such as `projects/apollo`; empty: everywhere."
    )
    agent = serializers.CharField(
        max_length=64, required=False, allow_null=True, help_text="A slug; left out: every agent."
    )


class NamespaceRuleSerializer(serializers.Serializer[NamespaceRule]):
    id = serializers.UUIDField()
    namespace = serializers.CharField()
    agent = serializers.CharField(source="agent.slug", allow_null=True, default=None, help_text="Null: every agent.")
    access = serializers.ChoiceField(choices=Access.choices)
    created_at = serializers.DateTimeField()


class NamespaceRulesQuery(PageQuery):
    agent = serializers.CharField(max_length=64, required=False, help_text="Only those that name this agent.")


class NamespaceRulesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": NamespaceRulesQuery}

    @extend_schema(responses=paged(NamespaceRuleSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """What agents may do in which namespaces, newest first. Where no rule fits, their role decides."""
        rows = list_rules(by=caller, agent=self.query.get("agent"))
        return page(rows, represent_namespace_rule, request=request, view=self)

    @extend_schema(request=NewNamespaceRuleSerializer, responses={201: NamespaceRuleSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Say what agents may do in a namespace and all below it. The longest path that fits decides."""
        facts = NewNamespaceRuleSerializer.read(request.data)
        rule = create_rule(tenant_id=caller.tenant_id, by=caller, **facts)
        headers = {"Location": f"/api/v1/namespace-rules/{rule.id}/"}
        return Response(represent_namespace_rule(rule), status=201, headers=headers)


class NamespaceRuleView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "patch": Right.PEOPLE, "delete": Right.PEOPLE}

    @extend_schema(responses=NamespaceRuleSerializer)
    def get(self, request: Request, caller: Caller, rule_id: UUID) -> Response:
        """One rule."""
        return Response(represent_namespace_rule(find_rule(by=caller, rule_id=rule_id)))

    @extend_schema(request=NamespaceRuleChangesSerializer, responses=NamespaceRuleSerializer)
    def patch(self, request: Request, caller: Caller, rule_id: UUID) -> Response:
        """Grant something else there, from the next request on."""
        changes = NamespaceRuleChangesSerializer.read(request.data)
        return Response(represent_namespace_rule(change_rule(by=caller, rule_id=rule_id, **changes)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, rule_id: UUID) -> Response:
        """Take a rule away for good."""
        remove_rule(by=caller, rule_id=rule_id)
        return Response(status=204)


def represent_namespace_rule(rule: NamespaceRule) -> dict[str, Any]:
    return NamespaceRuleSerializer(rule).data
