"""Looking for work in rounds: one at a time in a process, and another one while there is news."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from django.db import DatabaseError, InterfaceError
from psycopg_pool import PoolTimeout

log = logging.getLogger(__name__)

AWAY = (DatabaseError, InterfaceError, PoolTimeout)
BREATH_SECONDS = 0.02
"""Between two rounds: what comes or ends meanwhile shares one. The first one begins at once."""


class Rounds:
    """Belongs to one event loop. A round says whether there may be more to find right away."""

    def __init__(self, what: str, go: Callable[[], Awaitable[bool]]) -> None:
        self._what = what
        self._go = go
        self._has_news = self._is_going = False

    async def __call__(self) -> None:
        """Returns when nothing is left to find; at once where somebody goes already, who then goes once more."""
        self._has_news = True
        if self._is_going:
            return
        self._is_going = True
        try:
            while self._has_news:
                self._has_news = False
                if await self._go():
                    self._has_news = True
                    await asyncio.sleep(BREATH_SECONDS)
        except AWAY as error:
            log.warning(
                "%s could not be taken (%s): the schedule looks again.",
                self._what,
                type(error).__name__,
                extra={"action": "queue_not_read"},
            )
        except Exception:
            log.exception("%s could not be taken.", self._what, extra={"action": "queue_not_read"})
        finally:
            self._is_going = False
