"""Having something done again, once per Idempotency-Key: the row that a replay or a redrive is known by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.caller import Actor
from registry.errors import IdempotencyConflict
from registry.request_digests import digest_of
from webhooks.models import WebhookRedo
from webhooks.models.redo import RedoKind


@dataclass(frozen=True)
class Claimed:
    redo: WebhookRedo
    is_new: bool
    """False: it was done before, under the same key, and nothing is to be done now."""


def claim_redo(
    *, tenant_id: UUID, by: Actor, kind: RedoKind, asked: Mapping[str, Any], idempotency_key: str | None
) -> Claimed:
    """The row, in the transaction of what is done; set its `count` when that is known.

    Raises IdempotencyConflict when the key was used for something else.
    """
    digest = digest_of([kind, asked])
    redo = WebhookRedo(
        tenant_id=tenant_id,
        actor=by.actor,
        kind=kind,
        asked=dict(asked),
        idempotency_key=idempotency_key,
        request_digest=digest,
    )
    try:
        with transaction.atomic():
            redo.save(force_insert=True)
    except IntegrityError:
        return Claimed(_earlier(by, idempotency_key, digest), is_new=False)
    return Claimed(redo, is_new=True)


def _earlier(by: Actor, idempotency_key: str | None, digest: bytes) -> WebhookRedo:
    redo = WebhookRedo.objects.get(actor=by.actor, idempotency_key=idempotency_key)
    if bytes(redo.request_digest or b"") != digest:
        raise IdempotencyConflict
    return redo
