from django.urls import path, register_converter

from accounts.api.converters import TextConverter
from registry.api.analytics import GroupsView, SeriesView, SummaryView
from registry.api.approvals import ApprovalsView, ApprovalView, ApproveView, RefuseView
from registry.api.artifacts import ArtifactContentView, ArtifactView
from registry.api.batch import BatchView
from registry.api.batches import ExecuteBatchView
from registry.api.breakers import BreakersView, HoldView, ReleaseView
from registry.api.connectors import ActionsView, ConnectorView
from registry.api.execution_events import ExecutionEventsView
from registry.api.executions import CancelView, ExecuteView, ExecutionsView, ExecutionView
from registry.api.explain import ExplainView
from registry.api.health import DiscoverView, HeartbeatView
from registry.api.installing import InstallView
from registry.api.limits import AgentLimitsView, ToolLimitsView
from registry.api.messages import AnthropicView, OpenAiView
from registry.api.permission_rules import PermissionRulesView, PermissionRuleView
from registry.api.redaction import TenantRedactionView, ToolRedactionView
from registry.api.routing import RouteView
from registry.api.tools import DisableView, EnableView, PurgeCacheView, ToolsView, ToolView
from registry.api.uses import UsesView
from registry.api.versions import VersionsView, VersionView

register_converter(TextConverter, "text")

urlpatterns = [
    # Tried from the top: the doors of the corridor stand first.
    path("tools/<text:slug>/execute/", ExecuteView.as_view(), name="tool-execute"),
    path("route/<text:operation>/", RouteView.as_view(), name="route"),
    path("executions/", ExecutionsView.as_view(), name="executions"),
    path("executions/explain/", ExplainView.as_view(), name="executions-explain"),
    path("executions/batch/", ExecuteBatchView.as_view(), name="executions-batch"),
    path("executions/anthropic/", AnthropicView.as_view(), name="executions-anthropic"),
    path("executions/openai/", OpenAiView.as_view(), name="executions-openai"),
    path("executions/<uuid:execution_id>/", ExecutionView.as_view(), name="execution"),
    path("executions/<uuid:execution_id>/cancel/", CancelView.as_view(), name="execution-cancel"),
    path("executions/<uuid:execution_id>/events/", ExecutionEventsView.as_view(), name="execution-events"),
    path("executions/<uuid:execution_id>/artifact/", ArtifactView.as_view(), name="artifact"),
    path("executions/<uuid:execution_id>/artifact/content/", ArtifactContentView.as_view(), name="artifact-content"),
    path("tools/", ToolsView.as_view(), name="tools"),
    path("tools/batch/", BatchView.as_view(), name="tools-batch"),
    path("tools/<slug:slug>/", ToolView.as_view(), name="tool"),
    path("tools/<slug:slug>/enable/", EnableView.as_view(), name="tool-enable"),
    path("tools/<slug:slug>/disable/", DisableView.as_view(), name="tool-disable"),
    path("breakers/", BreakersView.as_view(), name="breakers"),
    path("breakers/<slug:which>/hold/", HoldView.as_view(), name="breaker-hold"),
    path("breakers/<slug:which>/release/", ReleaseView.as_view(), name="breaker-release"),
    path("tools/<slug:slug>/purge-cache/", PurgeCacheView.as_view(), name="tool-purge-cache"),
    path("redaction/", TenantRedactionView.as_view(), name="redaction"),
    path("tools/<slug:slug>/redaction/", ToolRedactionView.as_view(), name="tool-redaction"),
    path("tools/<slug:slug>/limits/", ToolLimitsView.as_view(), name="tool-limits"),
    path("agents/<slug:slug>/limits/", AgentLimitsView.as_view(), name="agent-limits"),
    path("tools/<slug:slug>/heartbeat/", HeartbeatView.as_view(), name="tool-heartbeat"),
    path("tools/<slug:slug>/versions/", VersionsView.as_view(), name="tool-versions"),
    path("tools/<slug:slug>/versions/<text:version>/", VersionView.as_view(), name="tool-version"),
    path("discover/", DiscoverView.as_view(), name="discover"),
    path("connectors/<slug:slug>/", ConnectorView.as_view(), name="connector"),
    path("connectors/<slug:slug>/actions/", ActionsView.as_view(), name="connector-actions"),
    path("connectors/<slug:slug>/install/", InstallView.as_view(), name="connector-install"),
    path("connections/<slug:slug>/uses/", UsesView.as_view(), name="connection-uses"),
    path("analytics/", SummaryView.as_view(), name="analytics"),
    path("analytics/groups/", GroupsView.as_view(), name="analytics-groups"),
    path("analytics/series/", SeriesView.as_view(), name="analytics-series"),
    path("permission-rules/", PermissionRulesView.as_view(), name="permission-rules"),
    path("permission-rules/<uuid:rule_id>/", PermissionRuleView.as_view(), name="permission-rule"),
    path("approvals/", ApprovalsView.as_view(), name="approvals"),
    path("approvals/<uuid:approval_id>/", ApprovalView.as_view(), name="approval"),
    path("approvals/<uuid:approval_id>/approve/", ApproveView.as_view(), name="approval-approve"),
    path("approvals/<uuid:approval_id>/refuse/", RefuseView.as_view(), name="approval-refuse"),
]
