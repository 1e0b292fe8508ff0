"""What ties an approval to one input.

A plain SHA-256 of a small input is a guessing oracle: whoever reads the row hashes all account numbers and compares.
So the digest is sealed with the tenant's data key, in the place of this one execution: it can be compared inside the
corridor, and nowhere else.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from integrations.vault import open_sealed, seal

PURPOSE = "approval"


def seal_digest(*, tenant_id: UUID, execution_id: UUID, operation: str, raw: Mapping[str, Any]) -> bytes:
    """Call it inside the tenant's scope. Raises VaultLocked."""
    return seal(tenant_id=tenant_id, purpose=PURPOSE, field=_field(execution_id), plaintext=_digest(operation, raw))


def is_same_input(
    *, tenant_id: UUID, execution_id: UUID, sealed: bytes | memoryview, operation: str, raw: Mapping[str, Any]
) -> bool:
    """Call it inside the tenant's scope. Raises VaultLocked, or SealBroken when somebody else wrote the digest."""
    known = open_sealed(tenant_id=tenant_id, purpose=PURPOSE, field=_field(execution_id), sealed=sealed)
    return hmac.compare_digest(known, _digest(operation, raw))


def _digest(operation: str, raw: Mapping[str, Any]) -> bytes:
    canonical = json.dumps([operation, raw], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).digest()


def _field(execution_id: UUID) -> str:
    return f"{execution_id}:digest"
