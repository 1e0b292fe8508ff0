"""All that takes part: what is killed, who calls and posts, and what is called and told."""

import os
from collections.abc import Callable
from pathlib import Path

from config.supervisor.options import BASE_DIR
from tests.crash.effects import TOOLS, Effects
from tests.crash.hook_places import PLACES
from tests.crash.hooks import let_agents_make_sources, make_source, subscribe
from tests.crash.load import Agent, Ledger
from tests.crash.matrix import Matrix
from tests.crash.receiver import Receiver
from tests.crash.senders import Posted
from tests.crash.stored import all_has_ended, sealed_until
from tests.running import FirstCall, wait_for

LEASE_SECONDS = 5
"""Shorter than usual, so that more is taken up again in the time there is."""


class Scene:
    def __init__(self, data_dir: Path, seed: int, say: Callable[[str], None]) -> None:
        self.data_dir, self.order = data_dir, data_dir.with_name("order")
        self.effects, self.receiver = Effects(), Receiver()
        self.ledger, self.posted = Ledger(), Posted()
        self.matrix = Matrix(data_dir, seed, say, self._environment())
        self._key = FirstCall.of(self.matrix.up.output()).key
        self.told_after = 0
        """The sequence behind which the subscription is told of everything."""

    def furnish(self) -> None:
        """Register the tools, and make the source and its routes."""
        up = self.matrix.up
        let_agents_make_sources(self.data_dir)
        for tool in TOOLS:
            registered = up.ask("POST", "/api/v1/tools/", self.effects.tool(tool), key=self._key)
            assert registered.status == 201, registered.body
        self.agent = Agent(self.matrix.port, self._key, self.ledger)
        self.sender = make_source(up, self._key, self.posted)

    def subscribe(self) -> None:
        self.wait_until_ready()
        subscribe(self.matrix.up, self._key, self.receiver)
        self.told_after = sealed_until(self.data_dir)

    def wait_until_ready(self) -> None:
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        return self.matrix.up.all_are_back() and self.matrix.up.is_ready_again()

    def has_ended(self) -> bool:
        """Whether nothing of what came waits or is under way."""
        return all_has_ended(self.data_dir)

    def pid_of(self, process: str) -> int:
        """As soon as there is one: it may be on its way back."""
        wait_for(lambda: process in self.matrix.up.children())
        return self.matrix.up.pid_of(process)

    def close(self) -> None:
        self.matrix.up.stop()
        wait_for(lambda: self.matrix.up.pids() == {})
        self.effects.close()
        self.receiver.close()

    def _environment(self) -> dict[str, str]:
        ports = (self.effects.port, self.receiver.port)
        return {
            "CRASH_ORDER": str(self.order),
            "CRASH_PLACES": " ".join(PLACES),
            "PYTHONPATH": f"{BASE_DIR / 'tests' / 'crash' / 'site'}{os.pathsep}{BASE_DIR}",
            "EGRESS_ALLOW_NETWORKS": ",".join(f"127.0.0.1/32:{port}" for port in ports),
            "EXECUTION_LEASE_SECONDS": str(LEASE_SECONDS),
            "WEBHOOK_LEASE_SECONDS": str(LEASE_SECONDS),
        }
