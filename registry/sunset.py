"""Taking versions back: deprecated ones are chosen only when nothing else fits, retired ones never."""

from datetime import datetime

from django.utils import timezone

from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from accounts.tenants import bump_generation
from registry.models import ToolVersion
from registry.models.version import VersionState
from registry.ownership import lock_tool
from registry.publish import record_version


def deprecate_version(*, version: ToolVersion, by: Actor, sunset_at: datetime | None = None) -> ToolVersion:
    """Advise against the version; at `sunset_at` it is retired. Deprecating it again sets another date.

    Raises Conflict when it is retired, Invalid for a date that has passed.
    """
    if sunset_at is not None and sunset_at <= timezone.now():
        hint = 'Give a time in the future, or retire the version now: `{"state": "retired"}`.'
        raise Invalid("The version's end has passed already.", faults=[Fault("$.sunset_at", hint)])
    locked = _lock(version, by)
    if (locked.state, locked.sunset_at) == (VersionState.DEPRECATED, sunset_at):
        return locked
    locked.state, locked.sunset_at = VersionState.DEPRECATED, sunset_at
    return _save(locked, "version.deprecated", by)


def retire_version(*, version: ToolVersion, by: Actor) -> ToolVersion:
    """End the version: no call is given to it any more. Raises Conflict when it is retired already."""
    locked = _lock(version, by)
    locked.state = VersionState.RETIRED
    return _save(locked, "version.retired", by)


def _lock(version: ToolVersion, by: Actor) -> ToolVersion:
    lock_tool(version.tool, by=by)
    locked = ToolVersion.objects.select_for_update(of=("self",)).get(id=version.id)
    if locked.state == VersionState.RETIRED:
        raise Conflict(f"The version {locked.version} is retired, and stays so. Publish a new version.")
    return locked


def _save(version: ToolVersion, action: str, by: Actor) -> ToolVersion:
    version.save(update_fields=["state", "sunset_at"])
    record_version(action, version, by)
    bump_generation(version.tenant_id)
    return version
