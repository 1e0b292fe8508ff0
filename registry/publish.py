"""Publishing versions, and taking them back: published, deprecated, retired, in this order and never back.

A version is higher than all others of its line (major.minor): 1.1.5 may follow 1.2.0, but not 1.1.6. What it leaves
out is as in the version before it. A release may not break callers of the release before it in the same major version;
below 1.0.0, in the same minor version. Prereleases promise nothing and may.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from semantic_version import Version

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Fault, Invalid
from accounts.tenants import bump_generation
from registry.compatibility import Contract, breaks
from registry.errors import BreakingChange, VersionTaken
from registry.facts import VERSION_FACTS, check_version
from registry.models import Tool, ToolVersion
from registry.models.version import SEMVER_PATTERN
from registry.ownership import lock_tool
from registry.semver import highest, parsed

CARRIED_OVER = VERSION_FACTS - {"version"}


def publish_version(*, tool: Tool, by: Actor, spec: Mapping[str, Any]) -> ToolVersion:
    """A new version with the facts of `spec`. It is immutable from now on.

    Raises Invalid with every fault, VersionTaken, BreakingChange with what would break, Forbidden for a shared tool.
    """
    refuse_others(spec, VERSION_FACTS)
    locked = lock_tool(tool, by=by)
    earlier = list(ToolVersion.objects.filter(tool=locked))
    version = _drafted(locked, spec, earlier)
    faults = check_version(version)
    if faults:
        raise Invalid("The version cannot be published like this. See `errors` for each fault.", faults=faults)
    _refuse_breaking(version, earlier)
    version.save(force_insert=True)
    record_version("version.published", version, by)
    bump_generation(locked.tenant_id)
    return version


def record_version(action: str, version: ToolVersion, by: Actor) -> None:
    record(
        tenant_id=version.tenant_id,
        actor=by.actor,
        action=action,
        subject=f"version:{version.id}",
        detail={"tool": str(version.tool_id), "version": version.version},
    )


def _drafted(tool: Tool, spec: Mapping[str, Any], earlier: Sequence[ToolVersion]) -> ToolVersion:
    text = spec.get("version")
    if not isinstance(text, str) or not re.fullmatch(SEMVER_PATTERN, text) or len(text) > 64:
        hint = "Give a semantic version of at most 64 characters, such as `1.1.0` (https://semver.org)."
        raise Invalid("This is not a version.", faults=[Fault("$.version", hint)])
    number = parsed(text)
    _refuse_unordered(number, earlier)
    before = highest(one for one in earlier if parsed(one.version) < number) or highest(earlier)
    carried = {name: getattr(before, name) for name in CARRIED_OVER} if before else {}
    return ToolVersion(tool=tool, tenant_id=tool.tenant_id, **{**carried, **spec})


def _refuse_unordered(number: Version, earlier: Sequence[ToolVersion]) -> None:
    line = highest(one for one in earlier if _line(parsed(one.version)) == _line(number))
    # Build metadata does not count: https://semver.org/#spec-item-10.
    if line is not None and number.truncate("prerelease") <= parsed(line.version).truncate("prerelease"):
        raise VersionTaken(
            f"The version {number} does not come after {line.version}. Choose a higher one.",
            faults=[Fault("$.version", f"Give a version above {line.version}.")],
        )


def _line(number: Version) -> tuple[int, int]:
    return number.major, number.minor


def _refuse_breaking(version: ToolVersion, earlier: Sequence[ToolVersion]) -> None:
    number = parsed(version.version)
    before = highest(one for one in earlier if _promises_the_same(parsed(one.version), number))
    faults = breaks(_contract(before), _contract(version)) if before else []
    if before and faults:
        bump = number.next_major() if number.major else number.next_minor()
        raise BreakingChange(
            f"This would break callers of {before.version}. Undo what `errors` names, or publish it as {bump}.",
            faults=faults,
            extra={"compared_with": before.version},
        )


def _promises_the_same(before: Version, number: Version) -> bool:
    """Whether callers who chose `before` may be handed `number` without being asked."""
    if before.prerelease or number.prerelease or before >= number:
        return False
    return bool(before.major == number.major and (number.major > 0 or before.minor == number.minor))


def _contract(version: ToolVersion) -> Contract:
    return Contract(version.input_schema, version.output_schema, version.endpoints)
