"""`executions/explain/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.problems import problem
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.decisions import Decision
from accounts.roles import Right
from registry.api.executions import ExecutionRequestSerializer
from registry.breakers.state import Standing
from registry.execution.types import Mode, ToolCall
from registry.explain import Explanation, caller_for, explain
from registry.permissions.policy import CompiledRule


class ExplainRequestSerializer(ExecutionRequestSerializer):
    """A call as `executions/` takes it."""

    agent = serializers.CharField(
        max_length=64, default="", help_text="Explain it for this agent; left out: for you. Others are for admins."
    )


class MatchingRuleSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    effect = serializers.ChoiceField(choices=Decision.choices)
    note = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class InputVerdictSerializer(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(child=serializers.CharField()), help_text="A `path` and a `message` for each fault."
    )


class AppliedLimitSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As headers and problems call it, e.g. `agent-minute`.")
    says = serializers.CharField()


class CircuitSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(allow_null=True, help_text="`closed`, `open` or `half_open`; null: Redis is away.")
    held = serializers.CharField(allow_null=True, help_text="`open` or `closed`, where an admin holds it.")
    retry_at = serializers.DateTimeField(allow_null=True, help_text="When an open one may be tried.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """For the schema; the representation is written out below."""

    tool = serializers.CharField()
    version = serializers.CharField(help_text="Empty where the call finds none.")
    connection = serializers.CharField(allow_null=True, help_text="The slug of what the call would go out with.")
    mode = serializers.CharField()
    agent = serializers.CharField(help_text="Empty for a person.")
    decision = serializers.ChoiceField(choices=Decision.choices, allow_null=True)
    reason = serializers.CharField()
    rule = MatchingRuleSerializer(allow_null=True, help_text="The one that decides.")
    default = serializers.ChoiceField(
        choices=Decision.choices, allow_null=True, help_text="The tenant's default, where no rule matches."
    )
    rules = MatchingRuleSerializer(many=True, help_text="All that match, the strongest first.")
    input = InputVerdictSerializer(allow_null=True)
    limits = AppliedLimitSerializer(many=True, help_text="What the call would be counted against.")
    breaker = CircuitSerializer(allow_null=True)
    cache_seconds = serializers.IntegerField(help_text="How long its answer would be kept; 0: not at all.")
    problem = serializers.JSONField(allow_null=True, help_text="The problem document it would be refused with.")


class ExplainView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=ExplainRequestSerializer, responses=ExplanationSerializer)
    def post(self, request: Request, caller: Caller) -> Response:
        """Say what would become of a call and which rule decides. Nothing is run, written or sent."""
        fields = ExplainRequestSerializer.read(request.data)
        slug, _, version = fields.pop("tool").partition("@")
        whose = caller_for(caller, fields.pop("agent"))
        call = ToolCall(caller=whose, tool=slug, version=version, mode=Mode(fields.pop("mode")), **fields)
        return Response(represent_explanation(explain(call)))


def represent_explanation(told: Explanation) -> dict[str, Any]:
    call, target = told.call, told.target
    return {
        "tool": call.tool,
        "version": target.version if target else "",
        "connection": (target.connection or None) if target else None,
        "mode": call.mode,
        "agent": call.caller.agent_slug,
        "decision": told.decision,
        "reason": told.reason,
        "rule": _rule(told.rule) if told.rule else None,
        "default": told.default,
        "rules": [_rule(each) for each in told.matching],
        "input": _input(told) if target else None,
        "limits": [{"name": bound.name, "says": bound.said} for bound in told.limits],
        "breaker": _circuit(told.circuit) if told.circuit else None,
        "cache_seconds": target.cache_seconds if target and call.mode is not Mode.STREAM else 0,
        "problem": problem(told.problem) if told.problem else None,
    }


def _rule(rule: CompiledRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "effect": rule.effect,
        "note": rule.note,
        "expires_at": rule.expires_at,
    }


def _circuit(standing: Standing) -> dict[str, Any]:
    held = standing.held.hold if standing.held else None
    return {"state": standing.state, "held": held, "retry_at": standing.until}


def _input(told: Explanation) -> dict[str, Any]:
    errors = [{"path": fault.path, "message": fault.message} for fault in told.faults]
    return {"valid": not errors, "errors": errors}
