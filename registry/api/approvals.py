"""`approvals/`: calls that wait for a person, and answering them. Wire only."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer, TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.approvals.decide import approve, refuse
from registry.approvals.remember import MOST_ARGUMENTS, Remember, Whom
from registry.errors import ApprovalNotFound
from registry.models import Approval
from registry.models.approval import ApprovalState
from registry.models.execution import Status


class ApprovalSerializer(serializers.Serializer[Approval]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ApprovalState.choices)
    execution = serializers.UUIDField(source="execution_id")
    execution_status = serializers.ChoiceField(choices=Status.choices, source="execution.status")
    tool = serializers.CharField(source="tool_slug")
    version = serializers.CharField(help_text="The one that would run: the answer counts for no other.")
    operation = serializers.CharField()
    agent = serializers.CharField(source="agent.slug", default=None, help_text="Who wants to call; null: a person.")
    asked_by = serializers.CharField(help_text="The same, as the audit trail names it.")
    input = serializers.JSONField(help_text="The stored form: secrets are masked.")
    rule = serializers.UUIDField(source="rule_id", allow_null=True, help_text="Which rule asked; null: the default.")
    why = serializers.CharField()
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    remembered_rule = serializers.UUIDField(source="remembered_rule_id", allow_null=True)


class RememberSerializer(StrictSerializer):
    scope = serializers.ChoiceField(choices=Whom.choices, help_text="For whose calls: this agent's, its role's, all.")
    arguments = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=MOST_ARGUMENTS,
        default=list,
        help_text="Names of arguments that must have the very values of this call; none: whatever the input.",
    )
    until = TimeField(default=None, allow_null=True, help_text="Left out: for ever.")


class ApproveSerializer(StrictSerializer):
    remember = RememberSerializer(default=None, allow_null=True)


class RefuseSerializer(StrictSerializer):
    reason = serializers.CharField(
        max_length=500, default="", allow_blank=True, help_text="The caller reads it in its error."
    )


class ApprovalQuery(PageQuery):
    state = serializers.ChoiceField(choices=ApprovalState.choices, required=False)
    tool = serializers.CharField(max_length=64, required=False, help_text="A tool's slug.")
    agent = serializers.CharField(max_length=64, required=False, help_text="An agent's slug.")


_FIELDS = {"state": "state", "tool": "tool_slug", "agent": "agent__slug"}


class ApprovalsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ApprovalQuery}

    @extend_schema(responses=paged(ApprovalSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """Calls that wait, or waited, for a person, newest first."""
        chosen = {field: self.query[name] for name, field in _FIELDS.items() if name in self.query}
        return page(_all().filter(**chosen), represent_approval, request=request, view=self)


class ApprovalView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=ApprovalSerializer)
    def get(self, request: Request, caller: Caller, approval_id: UUID) -> Response:
        """One of them, as it stands now."""
        return _answer(approval_id)


class ApproveView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.APPROVE}

    @extend_schema(request=ApproveSerializer, responses=ApprovalSerializer)
    def post(self, request: Request, caller: Caller, approval_id: UUID) -> Response:
        """Let the call run, once. `remember` makes a permission rule that answers later calls like it."""
        wanted = ApproveSerializer.read(request.data)["remember"]
        approve(approval=_find(approval_id), by=caller, remember=Remember.read(wanted) if wanted else None)
        return _answer(approval_id)


class RefuseView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.APPROVE}

    @extend_schema(request=RefuseSerializer, responses=ApprovalSerializer)
    def post(self, request: Request, caller: Caller, approval_id: UUID) -> Response:
        """End the call without running it. The caller is told the reason."""
        refuse(approval=_find(approval_id), by=caller, reason=RefuseSerializer.read(request.data)["reason"])
        return _answer(approval_id)


def represent_approval(approval: Approval) -> dict[str, Any]:
    return ApprovalSerializer(approval).data


def _answer(approval_id: UUID) -> Response:
    return Response(represent_approval(_find(approval_id)))


def _find(approval_id: UUID) -> Approval:
    approval = _all().filter(id=approval_id).first()
    if approval is None:
        raise ApprovalNotFound
    return approval


def _all() -> QuerySet[Approval]:
    return Approval.objects.select_related("agent", "execution").defer(
        "input_digest", "execution__sealed_input", "execution__input", "execution__output"
    )
