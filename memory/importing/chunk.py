"""One chunk of an import: up to a thousand lines, what they became and how far the import has come, in one transaction.

Whoever is killed has written all of a chunk or nothing of it. As many statements for a thousand lines as for one.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DataError, transaction

from accounts.caller import Actor
from accounts.errors import Fault, Invalid, QuartermasterError
from accounts.roles import Right
from accounts.tenancy import within
from memory.bulk.asked import actor_of
from memory.bulk.turns import Turn, held, lease
from memory.create import Created, create_untold
from memory.embedding.active import ensure_model
from memory.embedding.soon import embed_soon
from memory.errors import QuotaReached
from memory.importing.lines import Line
from memory.importing.read_line import Asked, Refused, read_line
from memory.limits import MOST_IMPORT_FAULTS
from memory.models import ImportFault, MemoryImport

MOST_LINES = 1_000
MOST_BYTES = 4_000_000
"""Of the lines of one chunk, which are in memory together."""
LONGEST_PATH = 200


@dataclass(frozen=True)
class Chunk:
    asked: Sequence[Asked]
    refused: Sequence[Refused]
    blank: int
    line: int
    """The last one of it."""
    position: int
    """The byte after that."""
    began: float
    """When reading it began, by `time.monotonic`."""


def read_chunk(lines: Iterator[Line], *, defaults: Mapping[str, Any]) -> Chunk | None:
    """The next lines, as far as they say by themselves what they are; None: there is none left."""
    began, asked, refused, blank, size = time.monotonic(), list[Asked](), list[Refused](), 0, 0
    last: Line | None = None
    for count, line in enumerate(lines, 1):
        last = line
        said = read_line(line, defaults=defaults)
        if isinstance(said, Asked):
            asked.append(said)
        elif isinstance(said, Refused):
            refused.append(said)
        else:
            blank += 1
        size += len(line.text or b"")
        if count == MOST_LINES or size >= MOST_BYTES:
            break
    return None if last is None else Chunk(asked, refused, blank, last.number, last.end, began)


def write_chunk(turn: Turn, chunk: Chunk) -> bool:
    """False: the import is somebody else's by now, or was cancelled, and nothing was written.

    Raises QuotaReached when the tenant has no room for all of it, Forbidden and KeyRevoked when whoever began the
    import may not import any more, VaultLocked.
    """
    with within(turn.tenant_id):
        row = held(MemoryImport, turn)
        if row is None:
            return False
        by = actor_of(row)
        by.require(Right.CALL)
        became = _write(row, by, chunk.asked)
        created = sum(1 for each in became if isinstance(each, Created) and each.is_new)
        refused = sorted(
            [*chunk.refused, *(each for each in became if isinstance(each, Refused))], key=lambda each: each.line
        )
        _keep_faults(row, refused)
        row.line, row.position = chunk.line, chunk.position
        row.created += created
        row.refused += len(refused)
        row.duplicates += len(chunk.asked) + len(chunk.refused) - created - len(refused)
        row.blank += chunk.blank
        row.lost, row.lease_until = 0, lease()
        row.worked_ms += round((time.monotonic() - chunk.began) * 1000)
        row.save(update_fields=_ADVANCED)
        if created:
            embed_soon()
    return True


_ADVANCED = (
    *("line", "position", "created", "duplicates", "refused", "blank"),
    *("lost", "lease_until", "worked_ms"),
)


def _write(row: MemoryImport, by: Actor, asked: Sequence[Asked]) -> list[Created | Refused]:
    """What became of each."""
    model = ensure_model().name if any(each.model for each in asked) else ""
    of_others = [_of_another_model(each, model) for each in asked if each.model not in (None, model)]
    return [*of_others, *_create(row, by, [each for each in asked if each.model in (None, model)])]


def _create(row: MemoryImport, by: Actor, asked: Sequence[Asked]) -> list[Created | Refused]:
    if not asked:
        return []
    try:
        with transaction.atomic():
            became = create_untold(tenant_id=row.tenant_id, by=by, items=[each.facts for each in asked])
    except DataError:
        # Something that only PostgreSQL finds fault with: halves are tried until it is one line.
        middle = len(asked) // 2
        if not middle:
            said = "This cannot be stored. Look for unusual characters and numbers."
            return [Refused(asked[0].line, (Fault("$", said),))]
        return [*_create(row, by, asked[:middle]), *_create(row, by, asked[middle:])]
    return [_told(line, each) for line, each in zip(asked, became, strict=True)]


def _told(asked: Asked, became: Created | QuartermasterError) -> Created | Refused:
    if isinstance(became, Created):
        return became
    if isinstance(became, QuotaReached):
        raise became
    faults = became.faults if isinstance(became, Invalid) else ()
    return Refused(asked.line, tuple(faults) or (Fault("$", became.message),))


def _of_another_model(asked: Asked, model: str) -> Refused:
    said = f"Vectors are of `{model}` here. Leave `vector` and `model` out, to have it made."
    return Refused(asked.line, (Fault("$.model", said),))


def _keep_faults(row: MemoryImport, refused: Sequence[Refused]) -> None:
    room = MOST_IMPORT_FAULTS - row.refused
    faults = [
        ImportFault(
            tenant_id=row.tenant_id,
            memory_import=row,
            line=each.line,
            path=fault.path[:LONGEST_PATH],
            message=fault.message,
        )
        for each in refused[: max(0, room)]
        for fault in each.faults
    ]
    if faults:
        ImportFault.objects.bulk_create(faults)
