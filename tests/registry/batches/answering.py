"""An upstream that answers by what it is asked, because calls that run side by side come in any order."""

import json
import threading
from collections.abc import Callable
from typing import Any

from tests.upstream import Received, Scripted, Upstream


class Answering(Upstream):
    """Gives back what it was sent, or what `on(path, …)` says."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, Callable[[Any], Scripted]] = {}
        self._noting = threading.Lock()

    def on(self, path: str, answer: Callable[[Any], Scripted] | Scripted) -> None:
        self._answers[path] = answer if callable(answer) else lambda _: answer

    def note(self, received: Received) -> Scripted:
        with self._noting:
            self.received.append(received)
        answer = self._answers.get(received.path, echo)
        return answer(received.json if received.body else None)

    def sent_to(self, path: str) -> list[Any]:
        with self._noting:
            return [received.json for received in self.received if received.path == path]


def echo(body: Any) -> Scripted:
    return says(body)


def says(value: Any, status: int = 200) -> Scripted:
    return Scripted(status, json.dumps(value).encode())
