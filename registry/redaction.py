"""How calls of one tool are redacted: its tenant's and its own policy compiled, and what its schemas declare."""

from dataclasses import dataclass
from uuid import UUID

from cachetools import LRUCache

from accounts.models import Tenant
from integrations.redaction import Rules, declared
from integrations.redaction.declared import Places
from integrations.redaction.policy import DEFAULT_REDACTION, compiled, hashes
from integrations.vault import derived_key
from registry.models import Tool, ToolVersion

PURPOSE = "redaction"
"""What the key of hashes is derived for: one for all of a tenant's tools, so that their values can be compared."""


@dataclass(frozen=True)
class ToolRedaction:
    stored: Rules
    returned: Rules
    input: Places = ()
    """What the input schema declares sensitive."""
    output: Places = ()


_kept: LRUCache[UUID, tuple[Places, Places]] = LRUCache(maxsize=5_000)

UNKNOWN = ToolRedaction(DEFAULT_REDACTION.stored, DEFAULT_REDACTION.returned)
"""Where the call never came to a tool."""


def redaction_of(tenant: Tenant, tool: Tool, version: ToolVersion) -> ToolRedaction:
    """Reads the tenant's data key only where a hash is asked for. Raises VaultLocked."""
    key = derived_key(tenant.id, PURPOSE) if hashes(tenant.redaction, tool.redaction) else b""
    policy = compiled(tenant.redaction, tool.redaction, shared=tool.tenant_id is None, key=key)
    places = _declared(version.id, version)
    return ToolRedaction(policy.stored, policy.returned, *places)


def _declared(version_id: UUID, version: ToolVersion) -> tuple[Places, Places]:
    """A published version never changes, so that its schemas are read once."""
    found = _kept.get(version_id)
    if found is None:
        found = _kept[version_id] = (declared(version.input_schema), declared(version.output_schema))
    return found
