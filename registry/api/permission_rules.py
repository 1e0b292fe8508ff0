"""`permission-rules/`: wire only."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer, TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.decisions import Decision
from accounts.roles import Right
from registry.catalogue import entry, find_tool
from registry.models import PermissionRule
from registry.permissions.applying import ids_concerning
from registry.permissions.check import LONGEST_NAME, LONGEST_NOTE, LONGEST_WORD, MOST_CONDITIONS, MOST_WORDS
from registry.permissions.rules import change_rule, find_rule, make_rule, remove_rule
from registry.permissions.sentences import sentence_of


@extend_schema_field(OpenApiTypes.OBJECT)
class ConditionField(serializers.Field[Any, Any, Any, Any]):
    """As it was parsed: the verb says what is wrong with it, with its path."""

    def to_internal_value(self, data: Any) -> Any:
        return data


def _words(help_text: str = "", **options: Any) -> serializers.ListField:
    child = serializers.CharField(max_length=LONGEST_WORD)
    return serializers.ListField(child=child, max_length=MOST_WORDS, required=False, help_text=help_text, **options)


class RuleChangesSerializer(StrictSerializer):
    """What a rule names must all match; the entries of one list are alternatives; an empty list means any."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    effect = serializers.ChoiceField(choices=Decision.choices, required=False)
    tools = _words("Slugs; `*` stands for any letters, `?` for one.")
    categories = _words()
    capabilities = _words("A tool's capability, or one of its operations.")
    connectors = _words()
    node_types = _words()
    permissions = _words("What the version does, e.g. `destructive`.")
    agents = _words("Slugs.")
    roles = _words()
    providers = _words()
    conditions = serializers.ListField(
        child=ConditionField(),
        max_length=MOST_CONDITIONS,
        required=False,
        help_text='On the arguments, e.g. `{"path": "$.amount", "op": "gt", "value": 1000}`.',
    )
    expires_at = TimeField(required=False, allow_null=True, help_text="Out of force from then on.")
    enabled = serializers.BooleanField(required=False)
    note = serializers.CharField(
        max_length=LONGEST_NOTE, allow_blank=True, required=False, help_text="Why it is there."
    )


class NewRuleSerializer(RuleChangesSerializer):
    name = serializers.CharField(max_length=LONGEST_NAME)
    effect = serializers.ChoiceField(choices=Decision.choices)


class PermissionRuleSerializer(RuleChangesSerializer):
    """A rule, as it is shown."""

    id = serializers.UUIDField()
    sentence = serializers.CharField(help_text="The rule in words.")
    created_by = serializers.CharField(help_text="As the audit trail names actors.")
    approval = serializers.UUIDField(source="approval_id", allow_null=True, help_text="The approval that it remembers.")
    answers = serializers.UUIDField(
        source="answers_id",
        allow_null=True,
        help_text="The rule whose question it answers: where both match, nobody is asked.",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RuleQuery(PageQuery):
    tool = serializers.CharField(
        max_length=64, required=False, help_text="A tool's slug: only the rules that may match."
    )
    effect = serializers.ChoiceField(choices=Decision.choices, required=False)
    enabled = serializers.BooleanField(required=False)


class PermissionRulesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": RuleQuery}

    @extend_schema(responses=paged(PermissionRuleSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's permission rules, newest first."""
        rows = PermissionRule.objects.filter(**{name: self.query[name] for name in _same(self.query)})
        if "tool" in self.query:
            found = entry(find_tool(self.query["tool"]))
            rows = rows.filter(id__in=ids_concerning(found.tool, found.version))
        return page(rows, represent_rule, request=request, view=self)

    @extend_schema(request=NewRuleSerializer, responses={201: PermissionRuleSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Make a rule. It counts from the next call on."""
        facts = NewRuleSerializer.read(request.data)
        return Response(represent_rule(make_rule(tenant_id=caller.tenant_id, by=caller, facts=facts)), status=201)


class PermissionRuleView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "patch": Right.PEOPLE, "delete": Right.PEOPLE}

    @extend_schema(responses=PermissionRuleSerializer)
    def get(self, request: Request, caller: Caller, rule_id: UUID) -> Response:
        """One permission rule."""
        return Response(represent_rule(find_rule(rule_id)))

    @extend_schema(request=RuleChangesSerializer, responses=PermissionRuleSerializer)
    def patch(self, request: Request, caller: Caller, rule_id: UUID) -> Response:
        """Change a rule; `{"enabled": false}` takes it out of force."""
        changes = RuleChangesSerializer.read(request.data)
        return Response(represent_rule(change_rule(rule=find_rule(rule_id), by=caller, changes=changes)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, rule_id: UUID) -> Response:
        """Remove a rule for good."""
        remove_rule(rule=find_rule(rule_id), by=caller)
        return Response(status=204)


def represent_rule(rule: PermissionRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "effect": rule.effect,
        "sentence": sentence_of(rule),
        "tools": rule.tools,
        "categories": rule.categories,
        "capabilities": rule.capabilities,
        "connectors": rule.connectors,
        "node_types": rule.node_types,
        "permissions": rule.permissions,
        "agents": rule.agents,
        "roles": rule.roles,
        "providers": rule.providers,
        "conditions": rule.conditions,
        "expires_at": rule.expires_at,
        "enabled": rule.enabled,
        "note": rule.note,
        "created_by": rule.created_by,
        "approval": rule.approval_id,
        "answers": rule.answers_id,
        "created_at": rule.created_at,
        "updated_at": rule.updated_at,
    }


def _same(query: Mapping[str, Any]) -> list[str]:
    return [name for name in ("effect", "enabled") if name in query]
