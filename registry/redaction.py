"""How calls of one tool are redacted: its tenant's and its own policy compiled, and what its schemas declare."""

from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from cachetools import LRUCache

from accounts.models import Tenant
from integrations.redaction import Rules, declared
from integrations.redaction.declared import EVERYTHING, Places
from integrations.redaction.policy import DEFAULT_REDACTION, Policy, compiled, hashes
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

USUAL = ToolRedaction(DEFAULT_REDACTION.stored, DEFAULT_REDACTION.returned)
"""Where nobody has decided or declared anything."""
UNKNOWN = ToolRedaction(DEFAULT_REDACTION.stored, DEFAULT_REDACTION.returned, input=EVERYTHING, output=EVERYTHING)
"""Where nobody knows what was decided or declared."""


def redaction_of(tenant: Tenant, tool: Tool, *versions: ToolVersion) -> ToolRedaction:
    """What any of these versions declares is sensitive.

    Reads the tenant's data key only where a hash is asked for. Raises VaultLocked.
    """
    policy = compiled(tenant.redaction, tool.redaction, shared=tool.tenant_id is None, key=_key(tenant, tool.redaction))
    places = [_declared(version.id, version) for version in versions]
    return ToolRedaction(
        policy.stored,
        policy.returned,
        input=tuple(chain.from_iterable(of_input for of_input, _ in places)),
        output=tuple(chain.from_iterable(of_output for _, of_output in places)),
    )


def redaction_without_tool(tenant: Tenant) -> ToolRedaction:
    """Of a tool that is not there nobody can say what is sensitive: so all is. Raises VaultLocked."""
    policy = compiled(tenant.redaction, key=_key(tenant))
    return ToolRedaction(policy.stored, policy.returned, input=EVERYTHING, output=EVERYTHING)


def _key(tenant: Tenant, of_tool: Policy | None = None) -> bytes:
    return derived_key(tenant.id, PURPOSE) if hashes(tenant.redaction, of_tool) else b""


def _declared(version_id: UUID, version: ToolVersion) -> tuple[Places, Places]:
    """A published version never changes, so that its schemas are read once."""
    found = _kept.get(version_id)
    if found is None:
        found = _kept[version_id] = (declared(version.input_schema), declared(version.output_schema))
    return found
