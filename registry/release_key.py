"""Letting a request be made again whose execution has ended without success: its Idempotency-Key is free again."""

from uuid import UUID

from registry.models import Execution
from registry.models.execution import Status

RELEASABLE = (Status.FAILED, Status.REFUSED, Status.CANCELLED)


def release_key(execution_id: UUID) -> bool:
    """Whether the execution gave its key up. One that has not ended keeps it, and one that succeeded does for ever.

    Call it inside the tenant's scope, in the transaction that has the request made again.
    """
    keyed = Execution.objects.filter(id=execution_id, status__in=RELEASABLE, idempotency_key__isnull=False)
    return bool(keyed.update(idempotency_key=None, request_digest=None))
