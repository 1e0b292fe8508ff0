"""Step 1: the tool and version that this caller means."""

from uuid import UUID

from cachetools import LRUCache
from django.db.models import F, Q

from accounts.limits import limits_of
from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.egress import narrowing
from integrations.models import Connection
from registry import semver
from registry.breakers.settings import Held
from registry.connections import connection_of, refuse_end_user
from registry.errors import ToolDisabled, ToolNotFound, VersionNotFound
from registry.execution.types import Target, ToolCall
from registry.models import BreakerHold, TenantTool, Tool, ToolVersion
from registry.models.breaker import Hold
from registry.permissions.facts import tool_facts
from registry.permissions.load import policy_of
from registry.permissions.policy import TenantPolicy
from registry.redaction import redaction_of
from registry.retries import backoff_of
from registry.transports.base import Declared

# Kept under the tenant's generation, which every change of the catalogue bumps: never stale, only forgotten.
_targets: LRUCache[tuple[UUID, int, str, str, str], Target] = LRUCache(maxsize=10_000)


async def resolve(call: ToolCall) -> Target:
    """Raises ToolNotFound, ToolDisabled or VersionNotFound, ConnectionMissing and ConnectionExpired, and Invalid for a
    version that is no range and an end user that the tool knows nothing of.
    """
    caller = call.caller
    key = (caller.tenant_id, caller.generation, call.tool, call.version, call.end_user)
    target = _targets.get(key)
    if target is None:
        found = await in_database_thread(find_target, caller.tenant_id, call.tool, call.version, call.end_user)
        target = _targets[key] = found
    if call.end_user and target.connection_id is None and call.parent_id is None:
        refuse_end_user(target.slug, target.transport)
    return target


def find_target(tenant_id: UUID, slug: str, wanted: str, end_user: str = "") -> Target:
    with within(tenant_id):
        tool = Tool.objects.living().filter(slug=slug).first()
        if tool is None:
            raise ToolNotFound(f"There is no tool `{slug}` for you. `GET /api/v1/tools/` lists those that there are.")
        own = TenantTool.objects.filter(tool=tool).first() if tool.tenant_id is None else None
        if not (tool.enabled and (own is None or own.enabled)):
            raise ToolDisabled(
                f"`{slug}` is switched off. An operator can enable it: `POST /api/v1/tools/{slug}/enable/`."
            )
        wanted = wanted or (own.version_range if own else "") or semver.LATEST
        versions = list(ToolVersion.objects.filter(tool=tool))
        version = semver.choose(versions, wanted)
        if version is None:
            known = ", ".join(sorted(each.version for each in versions)) or "none"
            raise VersionNotFound(f"No version of `{slug}` fits `{wanted}`. There are: {known}.")
        connection = connection_of(tool, version, own, end_user=end_user)
        tenant = Tenant.objects.get(id=tenant_id)
        return _target(tool, version, own, tenant, policy_of(tenant), _held(version), connection)


def _held(version: ToolVersion) -> Held | None:
    """A word over one version goes before one over all of them."""
    holds = BreakerHold.objects.filter(Q(tool_version=version) | Q(tool_version=None), tool=version.tool_id)
    hold = holds.order_by(F("tool_version").asc(nulls_last=True)).first()
    return Held(hold.hold == Hold.OPEN, hold.reason) if hold else None


def _target(
    tool: Tool,
    version: ToolVersion,
    own: TenantTool | None,
    tenant: Tenant,
    policy: TenantPolicy,
    held: Held | None,
    connection: Connection | None,
) -> Target:
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
        backoff=backoff_of(version.retries),
        read_only=version.read_only,
        idempotent=version.idempotent,
        breaker=tool.breaker_settings,
        hold=held,
        cache_seconds=version.cache_seconds,
        cache_epoch=f"{tool.cache_epoch}.{own.cache_epoch if own else 0}",
        limits=limits_of(tool.rate_limit, tool.concurrency, tool.quota),
        own_limits=limits_of(own.rate_limit, own.concurrency, own.quota) if own else None,
        egress_networks=narrowing(tenant.egress_networks),
        excluded_providers=frozenset(tool.excluded_providers),
        meanwhile=tool.meanwhile,
        policy=policy.for_tool(tool_facts(tool, version)),
        redaction=redaction_of(tenant, tool, version),
        connection_id=connection.id if connection else None,
        connection=connection.slug if connection else "",
        response_mapping=version.response_mapping,
        max_input_bytes=tool.max_input_bytes,
        max_output_bytes=tool.max_output_bytes,
        max_output_tokens=tool.max_output_tokens,
        artifact_threshold_bytes=tool.artifact_threshold_bytes,
        artifact_ttl_seconds=tool.artifact_ttl_seconds,
    )
