"""What a worker process does for vectors, beside its tasks: each of the two one at a time."""

import logging
from collections.abc import Awaitable, Callable

from django.db import DatabaseError, InterfaceError
from psycopg_pool import PoolTimeout

from accounts.offload import in_database_thread
from memory.embedding.models import follow_setting
from memory.embedding.pending import embed_pending
from memory.embedding.retire import remove_retired
from memory.embedding.switch import switch_when_complete
from memory.embedding.walk import walk
from memory.errors import ModelsBusy

SLICE_SECONDS = 10.0
AWAY = (DatabaseError, InterfaceError, PoolTimeout)

log = logging.getLogger(__name__)


class OneAtATime:
    """Belongs to one event loop. Who asks while it runs has it run once more."""

    def __init__(self, what: str, go: Callable[[], Awaitable[object]]) -> None:
        self._what = what
        self._go = go
        self._has_news = self._is_going = False

    async def __call__(self) -> None:
        self._has_news = True
        if self._is_going:
            return
        self._is_going = True
        try:
            while self._has_news:
                self._has_news = False
                await self._go()
        except AWAY as error:
            log.warning(
                "%s has to wait (%s): the schedule tries again.",
                self._what,
                type(error).__name__,
                extra={"action": "embedding_waits"},
            )
        except Exception:
            log.exception("%s failed: the schedule tries again.", self._what, extra={"action": "embedding_waits"})
        finally:
            self._is_going = False


async def _embed() -> None:
    while await embed_pending(SLICE_SECONDS):
        pass


async def _tend() -> None:
    await in_database_thread(follow_setting)
    if await walk(SLICE_SECONDS):
        try:
            await in_database_thread(switch_when_complete)
        except ModelsBusy as error:
            log.info("%s", error.message, extra={"action": "reembedding_waits"})
    await in_database_thread(remove_retired, SLICE_SECONDS)


embed = OneAtATime("Making vectors", _embed)
tend = OneAtATime("Changing the embedding model", _tend)
