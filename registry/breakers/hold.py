"""Holding a circuit open or closed by hand, and letting go of it."""

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from registry.errors import NotHeld
from registry.models import BreakerHold, Tool, ToolVersion
from registry.models.breaker import Hold

LONGEST_REASON = 500


def hold_breaker(*, tool: Tool, version: ToolVersion | None, hold: Hold, reason: str, by: Actor) -> BreakerHold:
    """Of one version, or of all of them. From the next call on, for the scope's tenant.

    Another hold of the same is replaced. Raises Forbidden, and Invalid where no reason is given.
    """
    by.require(Right.CATALOGUE)
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        fault = Fault("$.reason", f"Say why, in at most {LONGEST_REASON} characters: others will want to know.")
        raise Invalid("A circuit is held for a reason.", faults=[fault])
    tenant_id = current_scope().tenant_id
    if tenant_id is None:
        raise Invalid("A circuit is a tenant's: switch to a tenant to hold one.")
    held, _ = BreakerHold.objects.update_or_create(
        tenant_id=tenant_id,
        tool=tool,
        tool_version=version,
        defaults={"hold": hold, "reason": reason.strip(), "by": by.actor},
    )
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="breaker.held",
        subject=_subject(tool, version),
        detail={"tool": str(tool.id), "version": version.version if version else None, "hold": hold},
    )
    bump_generation(tenant_id)
    return held


def release_breaker(*, tool: Tool, version: ToolVersion | None, by: Actor) -> None:
    """The circuit follows its calls again. Raises Forbidden, NotHeld."""
    by.require(Right.CATALOGUE)
    held = BreakerHold.objects.filter(tool=tool, tool_version=version).select_for_update(of=("self",)).first()
    if held is None:
        raise NotHeld
    tenant_id, hold = held.tenant_id, held.hold
    held.delete()
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="breaker.released",
        subject=_subject(tool, version),
        detail={"tool": str(tool.id), "version": version.version if version else None, "hold": hold},
    )
    bump_generation(tenant_id)


def _subject(tool: Tool, version: ToolVersion | None) -> str:
    return f"version:{version.id}" if version else f"tool:{tool.id}"
