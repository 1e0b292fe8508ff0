"""What routes in a worker process: round after round, as long as something waits."""

from collections.abc import Callable, Sequence
from time import monotonic
from uuid import UUID

from accounts.offload import in_database_thread
from registry.execution.watch import watch
from webhooks.queue.rounds import Rounds
from webhooks.routing.waiting import next_to_route, route_for

FIRST_PAUSE_SECONDS = 2
LONGEST_PAUSE_SECONDS = 30
MOST_LEFT_ALONE = 10_000


class Router:
    """Belongs to one event loop. `begin` is called when there are new runs.

    What could not be routed is left alone for a while, longer each time, so that it stands in nobody's way.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self.look = Rounds("What waits to be routed", self._route)
        self._begin = begin
        self._left_alone: dict[UUID, tuple[float, float]] = {}
        """Until when, by `monotonic`, and after what pause."""

    async def _route(self) -> bool:
        """Whether there may be more."""
        if watch().is_closing:
            return False
        now = monotonic()
        without = [event_id for event_id, (until, _) in self._left_alone.items() if until > now]
        waiting = await in_database_thread(next_to_route, without=without)
        for tenant_id, event_ids in waiting:
            became = await in_database_thread(route_for, tenant_id, event_ids)
            self._leave_alone([each for each in event_ids if each not in became.events], now)
            for event_id in became.events:
                self._left_alone.pop(event_id, None)
            if became.runs:
                self._begin()
        return bool(waiting)

    def _leave_alone(self, event_ids: Sequence[UUID], now: float) -> None:
        if len(self._left_alone) > MOST_LEFT_ALONE:
            self._left_alone.clear()
        for event_id in event_ids:
            _, before = self._left_alone.get(event_id, (now, FIRST_PAUSE_SECONDS / 2))
            pause = min(2 * before, LONGEST_PAUSE_SECONDS)
            self._left_alone[event_id] = now + pause, pause
