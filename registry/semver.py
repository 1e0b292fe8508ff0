"""Which version a range means: https://semver.org, with npm's ranges (`^1.2`, `~1.2`, `1.x`, `1.2.3`) and `latest`.

1. A retired version is never chosen.
2. An exact version means itself, published or deprecated, prerelease or not.
3. A range, and `latest`, mean the highest published version they match; only when there is none, the highest
   deprecated one.
4. A prerelease is chosen only by a range that names a prerelease of the same major.minor.patch; never by `latest`.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol, TypeVar

from semantic_version import NpmSpec, Version

from accounts.errors import Fault, Invalid
from registry.models.version import SEMVER_PATTERN, VersionState

LATEST = "latest"
LONGEST = 100

_EXACT = re.compile(rf"[v=]?({SEMVER_PATTERN[1:-1]})")
_LIVING = (VersionState.PUBLISHED, VersionState.DEPRECATED)


class Versioned(Protocol):
    """Anything with a version and its state: a ToolVersion, or the few columns of one."""

    @property
    def version(self) -> str: ...
    @property
    def state(self) -> str: ...


V = TypeVar("V", bound=Versioned)


def choose(versions: Iterable[V], wanted: str = LATEST) -> V | None:
    """The version that `wanted` means, or None when there is none. Raises Invalid when `wanted` is no range."""
    matches = _matcher(wanted)
    living = [one for one in versions if one.state in _LIVING and matches(one.version)]
    published = [one for one in living if one.state == VersionState.PUBLISHED]
    return highest(published or living)


def shown(versions: Iterable[V], wanted: str = LATEST) -> V | None:
    """The version to show for a tool: what `wanted` means, or else the highest there is, in whatever state."""
    everything = list(versions)
    living = [one for one in everything if one.state in _LIVING]
    return choose(everything, wanted) or highest(living) or highest(everything)


def highest(versions: Iterable[V]) -> V | None:
    return max(versions, key=lambda one: parsed(one.version), default=None)


def is_range(wanted: str) -> bool:
    """Whether this is a version, a range or `latest`."""
    try:
        _matcher(wanted)
    except Invalid:
        return False
    return True


@lru_cache(maxsize=4096)
def parsed(version: str) -> Version:
    return Version(version)


def _matcher(wanted: str) -> Callable[[str], bool]:
    """A question to put to a version's text."""
    if len(wanted) > LONGEST:
        raise _no_range()
    return _remembered_matcher(wanted.strip())


@lru_cache(maxsize=1024)
def _remembered_matcher(wanted: str) -> Callable[[str], bool]:
    if wanted == LATEST:
        return lambda version: not parsed(version).prerelease
    exact = _EXACT.fullmatch(wanted)
    # The library's own equality lets 1.3.0 pass for 1.3.0-rc.1.
    if exact:
        return _equal_to(exact[1])
    if not wanted:
        raise _no_range()
    spec = _spec(wanted)
    return lambda version: parsed(version) in spec


def _equal_to(wanted: str) -> Callable[[str], bool]:
    if "+" in wanted:
        return lambda version: version == wanted
    return lambda version: version.partition("+")[0] == wanted


def _spec(text: str) -> NpmSpec:
    try:
        return NpmSpec(text)
    except ValueError as error:
        raise _no_range() from error


def _no_range() -> Invalid:
    hint = "Give a version or a range such as `1.2.3`, `^1.2`, `~1.2`, `1.x` or `latest`."
    return Invalid("This is not a version range.", faults=[Fault("$.version", hint)])
