"""Changing the vault's key: every data key is wrapped anew, and nothing that was sealed is touched.

What is left to do is what the rows say, so that a killed run is simply begun again. No transaction is open while KMS
is asked, and a row that changed meanwhile is left for the next look.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Forbidden
from accounts.tenancy import platform
from integrations.models import DataKey
from integrations.vault.accepted import Accepted, accepted
from integrations.vault.data_keys import belongs_of
from integrations.vault.wrapping import WrongKey

BATCH = 100


@dataclass(frozen=True)
class Rewrapping:
    """How far it has come."""

    done: int
    waiting: int
    """Data keys that still need another key than the current one."""
    closed: tuple[UUID, ...]
    """Tenants, a few of them, whose data keys no accepted key opens."""


@dataclass(frozen=True)
class _Batch:
    last: DataKey
    wrapped: Sequence[tuple[DataKey, bytes]]
    closed: Sequence[UUID]


def rewrap_all(*, by: Actor) -> Iterator[Rewrapping]:
    """Wrap with the current key whatever another one has wrapped; tells after each batch how far it has come.

    Call it outside any transaction. Raises Forbidden, KeyringUnusable.
    """
    if not by.is_platform_owner:
        raise Forbidden("The vault's key is changed by the platform's owner.")
    keys, after = accepted(), UUID(int=0)
    done, closed = 0, tuple[UUID, ...]()
    yield Rewrapping(done, waiting(keys), closed)
    while batch := _rewrap(keys, after):
        after = batch.last.id
        done += _save(batch, keys, by)
        closed = (*closed, *batch.closed)
        yield Rewrapping(done, waiting(keys), closed)


def waiting(keys: Accepted) -> int:
    """How many data keys need another key than the current one. Raises KeyringUnusable."""
    with platform():
        return DataKey.objects.wrapped_by_others(keys.current.mark).count()


def _rewrap(keys: Accepted, after: UUID) -> _Batch | None:
    with platform():
        others = DataKey.objects.wrapped_by_others(keys.current.mark).filter(id__gt=after)
        rows = list(others.order_by("id")[:BATCH])
    if not rows:
        return None
    anew = [(row, _wrapped_anew(keys, row)) for row in rows]
    return _Batch(
        last=rows[-1],
        wrapped=[(row, wrapped) for row, wrapped in anew if wrapped is not None],
        closed=[row.tenant_id for row, wrapped in anew if wrapped is None],
    )


def _wrapped_anew(keys: Accepted, row: DataKey) -> bytes | None:
    belongs = belongs_of(row)
    try:
        return keys.wrap(keys.unwrap(bytes(row.wrapped), belongs=belongs), belongs=belongs)
    except WrongKey:
        return None


def _save(batch: _Batch, keys: Accepted, by: Actor) -> int:
    with platform():
        done = sum(
            DataKey.objects.filter(id=row.id, wrapped=row.wrapped).update(wrapped=wrapped)
            for row, wrapped in batch.wrapped
        )
        if done:
            record(
                tenant_id=None,
                actor=by.actor,
                action="data_key.rewrapped",
                subject="vault",
                detail={"number": done, "key": keys.current.key_id},
            )
    return done
