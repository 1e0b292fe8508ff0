"""Letting a request be made again whose execution has ended without success: its Idempotency-Key is free again."""

from collections.abc import Collection
from uuid import UUID

from registry.models import Execution
from registry.models.execution import Status

RELEASABLE = (Status.FAILED, Status.REFUSED, Status.CANCELLED)


def release_keys(execution_ids: Collection[UUID]) -> int:
    """How many of them gave their key up. One that has not ended keeps it, and one that succeeded does for ever.

    Call it inside the tenant's scope, in the transaction that has the requests made again.
    """
    keyed = Execution.objects.filter(id__in=execution_ids, status__in=RELEASABLE, idempotency_key__isnull=False)
    return keyed.update(idempotency_key=None, request_digest=None)
