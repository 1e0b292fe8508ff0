"""How the registry's states are shown, in lists and on detail pages."""

from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, WARN, badge, subtle
from registry.models import Execution, Tool, ToolHealth, ToolVersion
from registry.models.execution import Status
from registry.models.health import HealthStatus
from registry.models.version import VersionState

_STATUS = {
    Status.SUCCEEDED: GOOD,
    Status.FAILED: BAD,
    Status.REFUSED: WARN,
    Status.PENDING: INFO,
    Status.RUNNING: INFO,
    Status.CANCELLED: MUTE,
}
_HEALTH = {
    HealthStatus.HEALTHY: GOOD,
    HealthStatus.STALE: WARN,
    HealthStatus.FAILING: BAD,
    HealthStatus.UNKNOWN: MUTE,
}
_STATE = {VersionState.PUBLISHED: GOOD, VersionState.DEPRECATED: WARN, VersionState.RETIRED: MUTE}


def status_badge(execution: Execution) -> SafeString:
    return badge(Status(execution.status).label, _STATUS[Status(execution.status)])


def health_badge(tool: Tool) -> SafeString:
    health: ToolHealth | None = getattr(tool, "health", None)
    status = HealthStatus(health.status) if health else HealthStatus.UNKNOWN
    return badge(status.label, _HEALTH[status])


def version_badge(version: ToolVersion) -> SafeString:
    return badge(VersionState(version.state).label, _STATE[VersionState(version.state)])


def state_badge(tool: Tool, *, is_on: bool) -> SafeString:
    """Retired beats disabled beats enabled."""
    if tool.retired_at is not None:
        return badge("Retired", MUTE)
    return subtle("Enabled") if is_on else badge("Disabled", MUTE)


def microseconds(execution: Execution) -> int | None:
    """From start to finish; None while it runs."""
    if execution.finished_at is None:
        return None
    return int((execution.finished_at - execution.started_at).total_seconds() * 1_000_000)


def error_code(execution: Execution) -> str:
    return str((execution.error or {}).get("code", ""))
