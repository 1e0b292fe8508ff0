"""The ways in which somebody asks `up` to stop, and the wake-up when a child ends."""

import select
import signal
import socket
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Counts the requests to stop; `wait` sleeps until a signal comes."""

    def __init__(self) -> None:
        self.requests = 0
        self._previous: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> Self:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        for number in STOPPING:
            # nohup asked us to survive the terminal: then a closed one is no request. An ignored SIGINT, though, is
            # only how shells start what a script puts in the background.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._count)
        self._previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._reading.close()
        self._writing.close()

    @property
    def stop_is_wanted(self) -> bool:
        return self.requests > 0

    @property
    def stop_is_urgent(self) -> bool:
        return self.requests > 1

    def wait(self, seconds: float) -> None:
        readable, _, _ = select.select([self._reading], [], [], seconds)
        if readable:
            self._reading.recv(4096)

    def _count(self, number: int, frame: FrameType | None) -> None:
        self.requests += 1
