"""`connectors/{slug}/install/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import Fault
from accounts.roles import Right
from integrations.api.connectors import find_connector
from registry.bind import find_bindable
from registry.install import install_actions, plan_install
from registry.installing.installed import installed_actions
from registry.installing.types import Change, Plan, PlannedAction

MOST_ACTIONS = 5_000


class InstallSerializer(StrictSerializer):
    actions = serializers.ListField(
        child=serializers.CharField(max_length=64),
        max_length=MOST_ACTIONS,
        allow_empty=False,
        required=False,
        help_text="Slugs. Left out: those that are tools already, which are brought up to date.",
    )
    connection = serializers.CharField(
        max_length=64,
        default=None,
        allow_null=True,
        help_text="The slug of what new tools go out with; left out: the connector's default.",
    )
    prefix = serializers.CharField(
        max_length=20, default="", help_text="In front of the tools' slugs: the same actions once more, as other tools."
    )
    deprecate_gone = serializers.BooleanField(
        default=False, help_text="Deprecate the versions of tools whose action the connector has no more."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would be done.")


class FaultSerializer(serializers.Serializer[Any]):
    path = serializers.CharField()
    message = serializers.CharField()


class PlannedActionSerializer(serializers.Serializer[Any]):
    action = serializers.CharField()
    tool = serializers.CharField(help_text="The tool's slug.")
    change = serializers.ChoiceField(choices=[change.value for change in Change])
    version = serializers.CharField(help_text="What is published, or stands already.")
    tokens = serializers.IntegerField(help_text="What the tool takes of a model's context, by the estimate.")
    breaks = FaultSerializer(many=True, help_text="What callers of the version before would stumble over.")
    faults = FaultSerializer(many=True, help_text="What keeps it from being installed.")


class PlanSerializer(serializers.Serializer[Any]):
    dry_run = serializers.BooleanField()
    tokens = serializers.IntegerField(help_text="Of all these tools together.")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Actions by `change`.")
    actions = PlannedActionSerializer(many=True)


class InstallView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CATALOGUE}

    @extend_schema(request=InstallSerializer, responses=PlanSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Make tools of a connector's actions, all of them or none.

        Again: what changed is published as each tool's next version, by what it breaks; the rest stays as it is.
        """
        wanted = InstallSerializer.read(request.data)
        connector = find_connector(slug, caller)
        connection = find_bindable(wanted["connection"], connector.slug) if wanted["connection"] else None
        actions = wanted["actions"] if "actions" in wanted else installed_actions(connector, wanted["prefix"])
        if wanted["dry_run"]:
            plan = plan_install(connector=connector, actions=actions, prefix=wanted["prefix"])
            return Response(represent_plan(plan, dry_run=True))
        installed = install_actions(
            by=caller,
            connector=connector,
            actions=actions,
            connection=connection.id if connection else None,
            prefix=wanted["prefix"],
            deprecate_gone=wanted["deprecate_gone"],
        )
        return Response(represent_plan(installed, dry_run=False))


def represent_plan(plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "tokens": plan.tokens,
        "counts": {str(change): number for change, number in plan.counts.items()},
        "actions": [_planned(each) for each in plan.actions],
    }


def _planned(planned: PlannedAction) -> dict[str, Any]:
    return {
        "action": planned.action,
        "tool": planned.slug,
        "change": planned.change,
        "version": planned.version,
        "tokens": planned.tokens,
        "breaks": [_fault(fault) for fault in planned.breaks],
        "faults": [_fault(fault) for fault in planned.faults],
    }


def _fault(fault: Fault) -> dict[str, str]:
    return {"path": fault.path, "message": fault.message}
