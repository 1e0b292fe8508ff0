"""Which version a changed action makes: semver by what callers of the version before may rely on."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.errors import Fault
from registry.compatibility import Contract, breaks
from registry.installing.types import Change
from registry.models import ToolVersion
from registry.semver import highest, parsed

FIRST_VERSION = "1.0.0"


def release(versions: Iterable[ToolVersion]) -> ToolVersion | None:
    """The highest that is no prerelease: what a new one is compared with."""
    return highest(version for version in versions if not parsed(version.version).prerelease)


def change_between(before: ToolVersion, facts: Mapping[str, Any]) -> tuple[Change, list[Fault]]:
    """And what of it breaks callers.

    What is read the other way round, from the new to the old, and breaks then, is what callers may newly rely on.
    """
    if all(getattr(before, name) == value for name, value in facts.items()):
        return Change.UNCHANGED, []
    old, new = _contract(before), Contract(facts["input_schema"], facts["output_schema"], {})
    if broken := breaks(old, new):
        return Change.MAJOR, broken
    is_more = facts["response_mapping"] != before.response_mapping or bool(breaks(new, old))
    return (Change.MINOR if is_more else Change.PATCH), []


def next_version(before: ToolVersion, change: Change) -> str:
    """Of what callers of `before` are handed next."""
    number = parsed(before.version)
    bumps = {Change.MAJOR: number.next_major, Change.MINOR: number.next_minor, Change.PATCH: number.next_patch}
    return str(bumps[change]())


def _contract(version: ToolVersion) -> Contract:
    return Contract(version.input_schema, version.output_schema, version.endpoints)
