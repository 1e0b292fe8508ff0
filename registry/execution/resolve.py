"""Step 1: the tool and version that this caller means."""

from dataclasses import dataclass
from uuid import UUID

from cachetools import LRUCache

from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry import semver
from registry.errors import ToolDisabled, ToolNotFound, VersionNotFound
from registry.execution.types import Target, ToolCall
from registry.models import TenantTool, Tool, ToolVersion
from registry.models.version import VersionState
from registry.transports.base import Declared


@dataclass(frozen=True)
class _Entry:
    """A tool with all its callable versions, as one tenant sees it at one generation."""

    enabled: bool
    pinned: str
    targets: dict[str, Target]
    states: dict[str, VersionState]


# Kept under the tenant's generation, which every change of the catalogue bumps: never stale, only forgotten.
_entries: LRUCache[tuple[UUID, int, str], _Entry] = LRUCache(maxsize=10_000)


async def resolve(call: ToolCall) -> Target:
    """Raises ToolNotFound, ToolDisabled or VersionNotFound."""
    caller = call.caller
    key = (caller.tenant_id, caller.generation, call.tool)
    entry = _entries.get(key)
    if entry is None:
        entry = await in_database_thread(_load, caller.tenant_id, call.tool)
        _entries[key] = entry
    if not entry.enabled:
        raise ToolDisabled
    version = semver.best(entry.states, call.version or entry.pinned)
    if version is None:
        raise VersionNotFound(
            f"No version of `{call.tool}` fits `{call.version or entry.pinned}`. "
            f"There are: {', '.join(entry.states) or 'none'}."
        )
    return entry.targets[version]


def _load(tenant_id: UUID, slug: str) -> _Entry:
    with within(tenant_id):
        tool = Tool.objects.living().filter(slug=slug).first()
        if tool is None:
            raise ToolNotFound(f"There is no tool `{slug[:64]}` for you. `GET /api/v1/tools/` lists those that there are.")
        own = TenantTool.objects.filter(tool=tool).first() if tool.tenant_id is None else None
        versions = list(ToolVersion.objects.filter(tool=tool).exclude(state=VersionState.RETIRED))
        networks = Tenant.objects.values_list("egress_networks", flat=True).get(id=tenant_id)
    return _Entry(
        enabled=tool.enabled and (own is None or own.enabled),
        pinned=own.version_range if own else "",
        targets={version.version: _target(tool, version, own, networks) for version in versions},
        states={version.version: VersionState(version.state) for version in versions},
    )


def _target(tool: Tool, version: ToolVersion, own: TenantTool | None, networks: list[str] | None) -> Target:
    return Target(
        tool_id=tool.id,
        slug=tool.slug,
        version_id=version.id,
        version=version.version,
        transport=version.transport,
        declared=Declared(version.definition, version.endpoints, version.input_schema),
        output_schema=version.output_schema,
        permissions=frozenset(version.permissions),
        timeout_ms=version.timeout_ms,
        attempts=version.retries.get("attempts", 1),
        read_only=version.read_only,
        idempotent=version.idempotent,
        cache_seconds=version.cache_seconds,
        rate_limit=(own.rate_limit if own and own.rate_limit else tool.rate_limit),
        egress_networks=None if networks is None else tuple(networks),
        excluded_providers=frozenset(tool.excluded_providers),
    )
