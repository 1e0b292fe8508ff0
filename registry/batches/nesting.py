"""Whether the tools that a composite calls are there for it, and whether it would end: asked when it is published.

What is found now may change: a newer version may fall into a range, a tool may be retired. Then the call says so, and
a composite that has come to call itself ends at the depth that `registry/transports/composite.py` allows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.errors import Fault, Invalid
from registry import semver, transports
from registry.batches.composite import read_composite
from registry.batches.types import PlannedCall
from registry.models import TenantTool, Tool, ToolVersion
from registry.transports.base import Declared
from registry.transports.composite import DEEPEST, MOST_IN_ALL

COMPOSITE = "composite"


@dataclass(frozen=True)
class _Unusable(Exception):
    field: str
    message: str


def check_nested(version: ToolVersion) -> list[Fault]:
    """What is wrong with the tools of a composite's definition; nothing with any other version."""
    if version.transport != COMPOSITE:
        return []
    walk = _Walk(version)
    return [
        fault
        for index, call in enumerate(read_composite(version.definition).plan.calls)
        for fault in walk.faults(call, f"$.definition.calls[{index}]")
    ]


class _Walk:
    """One walk through everything that a composite would call."""

    def __init__(self, version: ToolVersion) -> None:
        self.version = version
        self.slug = version.tool.slug
        self.made = 0

    def faults(self, call: PlannedCall, place: str) -> Iterator[Fault]:
        try:
            found = self._version(call)
            self._refuse_operation(call, found)
            self._refuse_unsafe(found)
            self._descend(found, (self.slug, call.tool))
        except _Unusable as error:
            yield Fault(f"{place}.{error.field}" if error.field else place, error.message)

    def _version(self, call: PlannedCall) -> ToolVersion:
        if call.tool == self.slug:
            raise _Unusable("tool", "A composite cannot call itself. Name another tool.")
        tool = Tool.objects.living().filter(slug=call.tool).first()
        if tool is None or (self.version.tenant_id is None and tool.tenant_id is not None):
            whom = "all tenants share" if self.version.tenant_id is None else "you have"
            raise _Unusable("tool", f"There is no tool `{call.tool[:64]}` that {whom}. Register it first.")
        return self._chosen(tool, call.version)

    def _chosen(self, tool: Tool, wanted: str) -> ToolVersion:
        pin = TenantTool.objects.filter(tool=tool).first() if self.version.tenant_id and not tool.tenant_id else None
        versions = list(ToolVersion.objects.filter(tool=tool))
        try:
            found = semver.choose(versions, wanted or (pin.version_range if pin else "") or semver.LATEST)
        except Invalid as error:
            raise _Unusable("tool", error.faults[0].message) from error
        if found is None:
            known = ", ".join(sorted(each.version for each in versions))
            raise _Unusable("tool", f"No version of `{tool.slug}` fits `{wanted or 'latest'}`. There are: {known}.")
        return found

    def _refuse_operation(self, call: PlannedCall, found: ToolVersion) -> None:
        offered = ", ".join(found.endpoints) or "none, leave it out"
        if (call.operation and call.operation not in found.endpoints) or (
            not call.operation and len(found.endpoints) > 1
        ):
            raise _Unusable("operation", f"Name an operation of `{call.tool}`: {offered}.")

    def _refuse_unsafe(self, found: ToolVersion) -> None:
        slug = found.tool.slug
        if self.version.read_only and not found.read_only:
            raise _Unusable("tool", f"`{slug}` {found.version} is not `read_only`, so its caller cannot be.")
        if self.version.idempotent and not _is_repeatable(found):
            raise _Unusable("tool", f"`{slug}` {found.version} is not `idempotent`, so its caller cannot be.")

    def _descend(self, found: ToolVersion, way: tuple[str, ...]) -> None:
        self.made += 1
        if self.made > MOST_IN_ALL:
            raise _Unusable("", f"With all that its composites call, this makes more than {MOST_IN_ALL} calls.")
        if found.transport != COMPOSITE:
            return
        if len(way) > DEEPEST:
            raise _Unusable("tool", f"Composites would stand more than {DEEPEST} deep in one another: {_shown(way)}.")
        for call in read_composite(found.definition).plan.calls:
            if call.tool == self.slug:
                raise _Unusable("tool", f"This would call itself: {_shown((*way, call.tool))}.")
            inner = self._known(call)
            if inner is not None:
                self._descend(inner, (*way, call.tool))

    def _known(self, call: PlannedCall) -> ToolVersion | None:
        """What another composite would call now; None: that is its own trouble."""
        try:
            return self._version(call)
        except _Unusable:
            return None


def _shown(way: tuple[str, ...]) -> str:
    return " → ".join(f"`{slug}`" for slug in way)


def _is_repeatable(found: ToolVersion) -> bool:
    declared = Declared(found.definition, found.endpoints, found.input_schema)
    return found.read_only or found.idempotent or transports.TRANSPORTS[found.transport].repeatable(declared)
