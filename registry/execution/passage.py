"""One call's way through the corridor: how long each step took, and what has to be given back at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from time import perf_counter_ns
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.errors import QuartermasterError
from integrations.connections.grant import CallGrant
from integrations.errors import UpstreamFailure
from integrations.redaction import SECRETS_MASKED, Rules, findable, redact
from registry.execution import shared
from registry.execution.shared import Commands
from registry.execution.types import NOBODY, Ending, Listener, Mode, Progress, Target, ToolCall
from registry.limits.bounds import Taken
from registry.models.execution import FIRST_RUN
from registry.redaction import UNKNOWN, ToolRedaction

_MOST_READ = 10_000
LONGEST_MESSAGE = 200
"""Characters of what a tool says about its progress."""

Afterwards = Callable[[Sequence[Any]], "Awaitable[None] | None"]
"""What is to be done with the pipeline's answers."""
Settle = Callable[[Ending, Commands], "Afterwards | None"]
"""What a step wants done when the call has ended: it adds its commands to the one pipeline."""


def progress_of(
    fraction: float | None, message: str, secrets: Sequence[str] = (), rules: Rules = SECRETS_MASKED
) -> Progress:
    """As it may be kept and shown, whatever the tool says."""
    known = fraction is not None and isfinite(fraction)
    # First masked, then cut: half a secret would not be found.
    masked = redact(message[:_MOST_READ], secrets=secrets, rules=rules).value
    shown = masked[:LONGEST_MESSAGE].replace("\0", "").encode(errors="replace").decode()
    return Progress(min(1.0, max(0.0, fraction or 0.0)) if known else None, shown, timezone.now())


@dataclass
class Passage:
    call: ToolCall
    listener: Listener = NOBODY
    started_at: datetime = field(default_factory=timezone.now)
    target: Target | None = None
    unresolved: ToolRedaction = UNKNOWN
    """What of the call may be stored while there is no target."""
    opened: bool = False
    """Whether `open` wrote a row, which `record` has to finish."""
    run: int = FIRST_RUN
    """Which taking-up of the execution this is: the fencing number."""
    attempts: int = 0
    taken: Taken | None = None
    """What the limits said."""
    attempt_log: list[dict[str, Any]] = field(default_factory=list)
    """How each attempt ended, once one of them has failed."""
    secrets: tuple[str, ...] = ()
    """Secret values used in this call: masked in whatever is stored, pushed, cached or told."""
    credential_id: UUID | None = None
    """What the call went out with last."""
    hidden: frozenset[str] = frozenset()
    """What was masked where it came from: masked in whatever is stored or pushed, and told to the caller."""
    timings: dict[str, int] = field(default_factory=dict)
    task: "asyncio.Task[Any] | None" = None
    """The task that walks; None before the call is open, and when it has ended and is being recorded."""
    stopped_by: QuartermasterError | None = None
    """Why it was stopped, when it was not its caller who went away."""
    _progress: Progress | None = None
    _tool_reports: bool = False
    has_news: bool = False
    """Whether there is progress that is not written down yet."""
    _settles: list[Settle] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hidden = self.call.hidden
        resumed = self.call.resumed
        if resumed is not None:
            self.opened, self.run = True, resumed.run
            self.started_at, self.attempts = resumed.started_at, resumed.attempts

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        start = perf_counter_ns()
        try:
            yield
        finally:
            self.timings[step] = self.timings.get(step, 0) + (perf_counter_ns() - start) // 1000

    def goes_out_with(self, grant: CallGrant) -> None:
        """Before anything can fail with it: from now on its secrets are masked, like those of the grant before."""
        self.credential_id = grant.credential_id
        self.secrets = tuple(dict.fromkeys((*self.secrets, *grant.secrets)))

    def count_attempt(self) -> None:
        self.attempts += 1

    def note_attempt(self, error: QuartermasterError | None = None, pause_seconds: float | None = None) -> None:
        """The attempt that was just made has ended: with this error, and so long a pause before the next one."""
        if error is None and not self.attempt_log:
            return
        noted: dict[str, Any] = {"number": self.attempts, "code": error.code if error else None}
        status = getattr(error, "upstream_status", 0)
        if status:
            noted["status"] = status
        if isinstance(error, UpstreamFailure) and not error.sent:
            noted["sent"] = False
        noted["pause_ms"] = None if pause_seconds is None else round(pause_seconds * 1000)
        self.attempt_log.append(noted)

    def report(self, fraction: float | None, message: str) -> None:
        """What a tool tells of how far it is."""
        rules = self.target.redaction.stored if self.target else SECRETS_MASKED
        found = findable(self.hidden)
        shown = message if found or not self.hidden else ""
        self._progress, self.has_news = progress_of(fraction, shown, (*self.secrets, *found), rules), True
        self._tool_reports = True
        self.listener.progressed(self._progress)

    def note_parts(self, parts: int, characters: int) -> None:
        """How far a stream is, for those who look at its row; what its tool tells itself goes before."""
        if not self._tool_reports:
            message = f"{parts:,} {'part' if parts == 1 else 'parts'}, {characters:,} characters so far"
            self._progress, self.has_news = Progress(None, message, timezone.now()), True

    def take_progress(self) -> dict[str, Any] | None:
        """The newest, as it is written down."""
        self.has_news = False
        if self._progress is None:
            return None
        told = self._progress
        return {"fraction": told.fraction, "message": told.message, "at": told.at.isoformat()}

    @property
    def holder(self) -> str:
        """Whose it is what this run takes in Redis: another run of the same execution may hold the same."""
        return f"{self.call.execution_id}:{self.run}"

    @property
    def redaction(self) -> ToolRedaction:
        return self.target.redaction if self.target else self.unresolved

    @property
    def sent_nothing(self) -> bool:
        """Whether this run has made no attempt."""
        return self.attempts == (self.call.resumed.attempts if self.call.resumed is not None else 0)

    @property
    def is_followed(self) -> bool:
        """Whether somebody may have been told of the open execution, and comes back to it."""
        call = self.call
        waits_elsewhere = call.mode is not Mode.SYNC or call.wait_ms is not None or call.resumed is not None
        return self.opened and waits_elsewhere

    @property
    def can_be_stopped(self) -> bool:
        return self.task is not None and self.stopped_by is None

    def stop(self, reason: QuartermasterError) -> None:
        """Break the call off where it is. Nothing, when it has ended and is only being recorded."""
        if self.task is not None and self.stopped_by is None:
            self.stopped_by = reason
            self.task.cancel()

    def ended(self) -> bool:
        """The walk is over: nothing stops it any more. Whether it is our own stop that ended it, and nobody else's."""
        task, self.task = self.task, None
        return task is not None and self.stopped_by is not None and task.uncancel() == 0

    def at_the_end(self, settle: Settle) -> None:
        """Say so before anything is taken: whoever goes while Redis is asked leaves nothing behind."""
        self._settles.append(settle)

    async def settle(self, ending: Ending) -> None:
        """Run what the steps asked for, last first, in one round trip to Redis; none when nobody asked."""
        if not self._settles:
            return
        waiting: list[Afterwards] = []
        answers: list[Any] = []
        async with shared.together(answers) as commands:
            while self._settles:
                afterwards = self._settles.pop()(ending, commands)
                if afterwards is not None:
                    waiting.append(afterwards)
        for afterwards in waiting if answers else ():
            to_do = afterwards(answers)
            if to_do is not None:
                await to_do
