"""Agents that call tools while everything around them is killed, and remember what they were answered."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.crash.effects import TOOLS

# A call with a key is repeated until it is answered: that is what keys are for.
PATIENCE_SECONDS = 120
UNANSWERED = (OSError, http.client.HTTPException, ValueError)
UNFINISHED = ("pending", "running")
DELAYS_MS = (0, 0, 20, 200, 1500)


@dataclass(frozen=True)
class Way:
    """How a call is made."""

    name: str
    has_key: bool
    # What is asked beside the tool and its input.
    more: dict[str, Any]


PLAIN = Way("sync", has_key=False, more={})
KEYED = Way("sync with a key", has_key=True, more={})
ASYNC = Way("async", has_key=True, more={"mode": "async"})
WAITING = Way("wait_ms", has_key=True, more={"wait_ms": 10})
WAYS = (PLAIN, KEYED, ASYNC, WAITING)


@dataclass
class Ledger:
    """What the agents were told. Only what was told counts."""

    # Whether each execution that was answered for good had succeeded, by its id.
    answered: dict[str, bool] = field(default_factory=dict)
    # Executions that were told as pending or running: 202.
    accepted: set[str] = field(default_factory=set)
    # The execution that each idempotency key was answered with.
    by_key: dict[str, str] = field(default_factory=dict)
    # Keys that were answered with two different executions: there must be none.
    doubled: list[str] = field(default_factory=list)
    # Every call that was made, by its own name: its tool.
    made: dict[str, str] = field(default_factory=dict)
    # Calls that were told to have succeeded.
    succeeded: set[str] = field(default_factory=set)
    # Calls with a key that were never answered.
    given_up: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, body: Any, name: str, way: Way) -> None:
        identifier = body.get("id") or body.get("execution_id")
        succeeded = body.get("status") == "succeeded"
        error = body.get("error") or body
        with self.lock:
            self.outcomes["succeeded" if succeeded else error.get("code", "failed")] += 1
            if succeeded:
                self.succeeded.add(name)
            if identifier:
                self.answered[identifier] = succeeded
            if identifier and way.has_key and self.by_key.setdefault(name, identifier) != identifier:
                self.doubled.append(name)

    def count(self, what: str) -> None:
        with self.lock:
            self.outcomes[what] += 1


class Agent:
    """Calls in one way or another, until it is answered where the call has a key."""

    def __init__(self, port: int, key: str, ledger: Ledger) -> None:
        self._port, self._key, self._ledger = port, key, ledger

    def call(self, name: str, tool: str, way: Way, *, delay_ms: int) -> None:
        with self._ledger.lock:
            self._ledger.made[name] = tool
        body = {"tool": tool, "input": {"call": name, "delay_ms": delay_ms}, **way.more}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._ask(body, name, way):
            if not way.has_key:
                return
            if time.monotonic() > deadline:
                with self._ledger.lock:
                    self._ledger.given_up.append(name)
                return
            time.sleep(0.2)

    def _ask(self, body: dict[str, Any], name: str, way: Way) -> bool:
        """True when it was answered for good: with an execution that has ended."""
        try:
            status, told = self._send("POST", "/api/v1/executions/", body, name if way.has_key else None)
            if status == 202:
                status, told = self._poll(told["id"])
        except UNANSWERED:
            self._ledger.count("no answer")
            return False
        if status == 503 or told.get("status") in UNFINISHED:
            self._ledger.count(told.get("code") or told["status"])
            return False
        self._ledger.note(told, name, way)
        return True

    def _poll(self, identifier: str) -> tuple[int, Any]:
        """The execution as soon as it has ended; raises when nobody answers."""
        with self._ledger.lock:
            self._ledger.accepted.add(identifier)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, told = self._send("GET", f"/api/v1/executions/{identifier}/")
            if status != 200 or told["status"] not in UNFINISHED or time.monotonic() > deadline:
                return status, told
            time.sleep(0.1)

    def _send(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


class Caller(threading.Thread):
    """An agent that calls all the time, tools and ways by chance."""

    def __init__(self, number: int, agent: Agent, seed: int) -> None:
        super().__init__(name=f"caller-{number}")
        self._number, self._agent = number, agent
        self._chance = random.Random(f"{seed}-{number}")
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        count = 0
        while not self._stopping.is_set():
            count += 1
            self._agent.call(
                f"crash-{self._number}-{count}",
                self._chance.choice(TOOLS),
                self._chance.choice(WAYS),
                delay_ms=self._chance.choice(DELAYS_MS),
            )
            self._stopping.wait(self._chance.random() * 0.05)
