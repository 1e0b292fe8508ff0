"""The idempotency key of a batch: it stands for the whole of it, and a key made of it for each of its calls."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from accounts.caller import Caller
from accounts.ids import new_id
from accounts.tenancy import within
from registry.errors import IdempotencyConflict
from registry.execution.outcome import standing_outcome
from registry.execution.sealed_output import as_told
from registry.execution.types import Outcome
from registry.models import Batch, Execution
from registry.request_digests import digest_of

LONGEST_KEY = 200


@dataclass(frozen=True)
class Claimed:
    """A batch that may run."""

    id: UUID
    earlier: Mapping[str, Outcome] = field(default_factory=dict)
    """By their keys, the executions that it has already, because it was sent before."""


def claim_batch(*, caller: Caller, key: str, body: Any) -> Claimed:
    """Call it outside of any transaction. Raises IdempotencyConflict when the key was used for another batch."""
    digest = digest_of(body)
    batch = Batch(
        id=new_id(), tenant_id=caller.tenant_id, agent_id=caller.agent_id, idempotency_key=key, request_digest=digest
    )
    try:
        with within(caller.tenant_id):
            batch.save(force_insert=True)
    except IntegrityError:
        with within(caller.tenant_id):
            return _earlier(Batch.objects.get(agent=caller.agent_id, idempotency_key=key), digest)
    return Claimed(batch.id)


def _earlier(batch: Batch, digest: bytes) -> Claimed:
    if bytes(batch.request_digest) != digest:
        raise IdempotencyConflict
    rows = Execution.objects.filter(parent_id=batch.id, idempotency_key__isnull=False)
    told = [as_told(row, batch.agent_id) for row in rows]
    return Claimed(batch.id, {str(row.idempotency_key): standing_outcome(row, replayed=True) for row in told})


def key_of_call(key: str, call_id: str) -> str:
    """`key:id`, or with a digest in the place of what would be too long or cannot be kept."""
    plain = f"{key}:{call_id}"
    if len(plain) <= LONGEST_KEY and plain.isascii() and plain.isprintable():
        return plain
    return hashlib.sha256(plain.encode()).hexdigest()
