"""Agents that call a tool while everything around them is killed, and remember what they were answered."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.running import FirstCall

# A call with a key is repeated until it is answered: that is what keys are for.
PATIENCE_SECONDS = 120
UNANSWERED = (OSError, http.client.HTTPException, ValueError)


@dataclass
class Ledger:
    """What the agents were told. Only what was told counts."""

    # The status of each execution that was answered, by its id.
    answered: dict[str, str] = field(default_factory=dict)
    # The execution that each idempotency key was answered with.
    by_key: dict[str, str] = field(default_factory=dict)
    # Keys that were answered with two different executions: there must be none.
    doubled: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, body: Any, key: str | None) -> None:
        identifier = body.get("id") or body.get("execution_id")
        status = body.get("status") if "id" in body else "failed"
        with self.lock:
            self.outcomes[body.get("code") or status] += 1
            if identifier:
                self.answered[identifier] = status
            if identifier and key and self.by_key.setdefault(key, identifier) != identifier:
                self.doubled.append(key)

    def note_silence(self) -> None:
        with self.lock:
            self.outcomes["no answer"] += 1


class Caller(threading.Thread):
    """One agent. Every second call carries an Idempotency-Key and is repeated until it is answered."""

    def __init__(self, number: int, port: int, call: FirstCall, ledger: Ledger, seed: int) -> None:
        super().__init__(name=f"caller-{number}")
        self._number, self._port, self._call, self._ledger = number, port, call, ledger
        self._chance = random.Random(f"{seed}-{number}")
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            if self._chance.random() < 0.5:
                self._call_once(None)
            else:
                self._call_until_answered(f"crash-{self._number}-{count}")
            self._stopping.wait(self._chance.random() * 0.05)

    def _call_until_answered(self, key: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._call_once(key) and time.monotonic() < deadline:
            time.sleep(0.2)

    def _call_once(self, key: str | None) -> bool:
        """True when it was answered for good: with an execution that has ended."""
        try:
            status, body = self._post(key)
        except UNANSWERED:
            self._ledger.note_silence()
            return False
        if status == 503 or body.get("status") == "running":
            with self._ledger.lock:
                self._ledger.outcomes[body.get("code") or "running"] += 1
            return False
        self._ledger.note(body, key)
        return True

    def _post(self, key: str | None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._call.key}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            body = json.dumps(self._call.body)
            connection.request("POST", f"/api/v1/tools/{self._call.tool}/execute/", body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()
