"""A platform that posts events while everything around them is killed, and remembers what it was answered."""

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.crash.effects import SAFE, UNSAFE
from tests.crash.load import DELAYS_MS, PATIENCE_SECONDS, UNANSWERED

TAKEN, COME_AGAIN = "200", "503"
# How many of the events come twice at the same moment, and of how many the first attempt fails.
COPIED, FAILED = 0.2, 0.05
# In a way that may pass: what is not safe to repeat has to have been turned away.
FAILING: Mapping[str, int] = {SAFE: 503, UNSAFE: 429}


@dataclass
class Posted:
    """What the platform was told. Only what was told counts."""

    # The event that each was taken as, by the name that the platform gave it.
    taken: dict[str, str] = field(default_factory=dict)
    # Those that were taken as two different events: there must be none.
    doubled: list[str] = field(default_factory=list)
    # Those that were never taken.
    given_up: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, name: str, identifier: str) -> None:
        with self.lock:
            if self.taken.setdefault(name, identifier) != identifier:
                self.doubled.append(name)

    def count(self, what: str) -> None:
        with self.lock:
            self.outcomes[what] += 1


class Sender:
    """Posts each event until it is answered with success, as GitHub signs."""

    def __init__(self, port: int, path: str, secret: str, posted: Posted) -> None:
        self._port, self._path, self._secret, self._posted = port, path, secret, posted

    def send(self, name: str, *, delay_ms: int = 20, first_answers: Mapping[str, int] | None = None) -> None:
        """`first_answers` are what the service answers a tool's first attempt with."""
        told = {"name": name, "delay_ms": delay_ms, "first_answers": dict(first_answers or {})}
        body = json.dumps(told).encode()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_taken(name, body):
            if time.monotonic() > deadline:
                with self._posted.lock:
                    self._posted.given_up.append(name)
                return
            time.sleep(0.2)

    def _is_taken(self, name: str, body: bytes) -> bool:
        try:
            status, told = self._post(name, body)
            identifier = json.loads(told)["id"] if status == 200 else ""
        except UNANSWERED:
            self._posted.count("no answer")
            return False
        self._posted.count(str(status))
        if status == 200:
            self._posted.note(name, identifier)
        return status == 200

    def _post(self, name: str, body: bytes) -> tuple[int, bytes]:
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": name,
            "X-Hub-Signature-256": f"sha256={hmac.digest(self._secret.encode(), body, hashlib.sha256).hex()}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request("POST", self._path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


class Platform(threading.Thread):
    """Sends all the time: slow ones, failing ones, and some of them twice."""

    def __init__(self, number: int, sender: Sender, seed: int) -> None:
        super().__init__(name=f"platform-{number}")
        self._number, self._sender = number, sender
        self._chance = random.Random(f"{seed}-platform-{number}")
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            self._send(f"crash-{self._number}-{count}")
            self._stopping.wait(self._chance.random() * 0.5)

    def _send(self, name: str) -> None:
        asked = {
            "delay_ms": self._chance.choice(DELAYS_MS),
            "first_answers": FAILING if self._chance.random() < FAILED else {},
        }
        copies = 2 if self._chance.random() < COPIED else 1
        sending = [threading.Thread(target=self._sender.send, args=(name,), kwargs=asked) for _ in range(copies)]
        for each in sending:
            each.start()
        for each in sending:
            each.join()
