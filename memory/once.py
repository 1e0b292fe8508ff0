"""Doing what a request asks for once per `Idempotency-Key`: the same again is answered as before."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.caller import Actor
from accounts.tenancy import platform
from memory.limits import KEPT_ANSWER_HOURS
from memory.models import AnsweredRequest
from registry.errors import IdempotencyConflict
from registry.request_digests import digest_of

MOST_AT_ONCE = 5_000
"""Rows that one statement of the sweep removes."""


def once(*, tenant_id: UUID, by: Actor, key: str | None, asked: Any, do: Callable[[], Any]) -> tuple[Any, bool]:
    """What `do` returned, as JSON, and whether that was an earlier time. `asked`: what the request says, as JSON.

    Called in the transaction of the work. The key is claimed before it: who comes with the same one meanwhile waits
    until that transaction ends, and if it failed, does the work. Without a key it is just done.

    Raises IdempotencyConflict when the key was used for something else, and whatever `do` raises.
    """
    if key is None:
        return do(), False
    digest = digest_of(asked).hex()
    request = AnsweredRequest(tenant_id=tenant_id, actor=by.actor, key=key, digest=digest)
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        return _earlier(by, key, digest), True
    request.answer = do()
    request.save(update_fields=["answer"])
    return request.answer, False


def forget_answers() -> int:
    """Those that are old enough, of all tenants; how many. Opens scopes of its own, one for each MOST_AT_ONCE."""
    since, count = timezone.now() - timedelta(hours=KEPT_ANSWER_HOURS), 0
    while forgotten := _forget_some(since):
        count += forgotten
    return count


def _forget_some(since: datetime) -> int:
    with platform():
        old = AnsweredRequest.objects.filter(created_at__lt=since).order_by("created_at").values("id")[:MOST_AT_ONCE]
        return AnsweredRequest.objects.filter(id__in=old).delete()[0]


def _earlier(by: Actor, key: str, digest: str) -> Any:
    request = AnsweredRequest.objects.get(actor=by.actor, key=key)
    if request.digest != digest:
        raise IdempotencyConflict
    return request.answer
