"""Tools as the scope's tenant sees them: with the version that a plain call gets, and whether it may be called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from accounts.tenancy import current_scope
from registry import semver
from registry.errors import ToolNotFound, VersionNotFound
from registry.models import TenantTool, Tool, ToolVersion
from registry.models.tool import ToolQuerySet


@dataclass(frozen=True)
class Entry:
    """One tool of the catalogue."""

    tool: Tool
    version: ToolVersion
    """What the tenant's pin, or else `latest`, means; where that is none, the highest there is."""
    connection: str | None
    """The slug of the one that the tool was given, or a shared one by the scope's tenant."""
    enabled: bool
    """A shared tool has to be switched on by the platform and by the tenant."""


@dataclass(frozen=True)
class _Choice:
    id: UUID
    version: str
    state: str


def listed_tools() -> ToolQuerySet:
    """The rows that `entries` wants."""
    return Tool.objects.living().select_related("health", "connection")


def find_tool(slug: str) -> Tool:
    """Raises ToolNotFound."""
    tool = listed_tools().filter(slug=slug).first()
    if tool is None:
        raise ToolNotFound(f"There is no tool `{slug}` for you. `GET /api/v1/tools/` lists those that there are.")
    return tool


def entry(tool: Tool) -> Entry:
    return entries([tool])[0]


def entries(tools: Sequence[Tool]) -> list[Entry]:
    """An entry for each, read for all of them together."""
    own = _own_settings(tools)
    pins = {tool_id: setting.version_range for tool_id, setting in own.items() if setting.version_range}
    versions = _shown_versions([tool.id for tool in tools], pins)
    return [_entry(tool, versions[tool.id], own.get(tool.id)) for tool in tools]


def _entry(tool: Tool, version: ToolVersion, own: TenantTool | None) -> Entry:
    bound = tool.connection or (own.connection if own else None)
    return Entry(tool, version, bound.slug if bound else None, tool.enabled and (own is None or own.enabled))


def find_version(tool: Tool, wanted: str) -> ToolVersion:
    """The version of exactly this name, in whatever state, or the one that a range means. Raises VersionNotFound."""
    versions = ToolVersion.objects.filter(tool=tool).select_related("tool")
    choices = [_Choice(*row) for row in versions.values_list("id", "version", "state")]
    exact = next((choice for choice in choices if choice.version == wanted), None)
    chosen = exact or (semver.choose(choices, wanted) if semver.is_range(wanted) else None)
    if chosen is None:
        known = ", ".join(sorted(choice.version for choice in choices))
        raise VersionNotFound(f"No version of `{tool.slug}` fits `{wanted}`. There are: {known}.")
    return versions.get(id=chosen.id)


def _own_settings(tools: Iterable[Tool]) -> dict[UUID, TenantTool]:
    shared = [tool.id for tool in tools if tool.tenant_id is None]
    if not shared or current_scope().tenant_id is None:
        return {}
    settings = TenantTool.objects.filter(tool__in=shared).select_related("connection")
    return {setting.tool_id: setting for setting in settings}


def _shown_versions(tool_ids: list[UUID], pins: dict[UUID, str]) -> dict[UUID, ToolVersion]:
    """Two queries: the versions' names to choose from, and those that were chosen, whole."""
    rows = ToolVersion.objects.filter(tool__in=tool_ids).order_by("tool_id")
    chosen = []
    for tool_id, group in groupby(rows.values_list("tool_id", "id", "version", "state"), key=lambda row: row[0]):
        choice = semver.shown((_Choice(*row[1:]) for row in group), pins.get(tool_id, semver.LATEST))
        chosen += [choice.id] if choice else []
    return {version.tool_id: version for version in ToolVersion.objects.filter(id__in=chosen)}
