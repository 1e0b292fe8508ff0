"""Working on imports: one turn at a time, chunk by chunk from where the last one ended."""

import logging
from uuid import UUID

from accounts.errors import Forbidden, KeyRevoked, Unavailable
from accounts.tenancy import within
from integrations.errors import SealBroken, VaultErased, VaultLocked
from memory.bulk.turns import MOST_LOST, TURN_SECONDS, Turn, end, give_back, held, take_turn
from memory.errors import QuotaReached
from memory.importing.cancel import tell_ended
from memory.importing.chunk import read_chunk, write_chunk
from memory.importing.files import open_lines
from memory.importing.lines import lines_from
from memory.models import BulkStatus, MemoryImport

log = logging.getLogger(__name__)

_GIVEN_UP = (Forbidden, KeyRevoked, QuotaReached, SealBroken, VaultErased)
"""What will not pass by itself."""


def work_imports(*, seconds: float = TURN_SECONDS, only: UUID | None = None) -> bool:
    """One turn of the import that is next. Whether there is more to do, for another turn."""
    turn = take_turn(MemoryImport, seconds=seconds, only=only)
    if turn is None:
        return False
    try:
        _work(turn)
    except FileNotFoundError:
        _end(turn, BulkStatus.FAILED, error="Its lines are gone from the storage. Send them again.")
    except _GIVEN_UP as error:
        _end(turn, BulkStatus.FAILED, error=error.message)
    except (OSError, VaultLocked, Unavailable) as error:
        log.warning("An import waits: %s", error, extra={"action": "import_waits"})
        give_back(MemoryImport, turn)
        return False
    return give_back(MemoryImport, turn)


def _work(turn: Turn) -> None:
    with within(turn.tenant_id):
        row = held(MemoryImport, turn)
        if row is None:
            return
        if row.lost >= MOST_LOST:
            said = f"{MOST_LOST} workers ended at line {row.line + 1:,} or soon after it. Leave those lines out."
            _end(turn, BulkStatus.FAILED, error=said)
            return
        lines = open_lines(row)
        defaults = {"namespace": row.namespace, "trust": row.trust}
    rest = lines_from(lines.parts(row.position), line=row.line, position=row.position)
    while not turn.is_over:
        chunk = read_chunk(rest, defaults=defaults)
        if chunk is None:
            _end(turn, BulkStatus.SUCCEEDED)
            return
        if not write_chunk(turn, chunk):
            return


def _end(turn: Turn, status: BulkStatus, *, error: str = "") -> None:
    with within(turn.tenant_id):
        row = held(MemoryImport, turn)
        if row is not None:
            row.save(update_fields=end(row, status, error=error))
            tell_ended(row, row.actor)
