"""Whether calling a tool twice does no more than calling it once: what retries and taking up again stand on."""

from registry.execution.types import Target
from registry.models import ToolVersion
from registry.transports import TRANSPORTS
from registry.transports.base import Declared


def is_safe_to_repeat(target: Target) -> bool:
    return target.read_only or target.idempotent or TRANSPORTS[target.transport].repeatable(target.declared)


def is_version_safe_to_repeat(version: ToolVersion) -> bool:
    """The same of a row."""
    declared = Declared(version.definition, version.endpoints, version.input_schema)
    return version.read_only or version.idempotent or TRANSPORTS[version.transport].repeatable(declared)
