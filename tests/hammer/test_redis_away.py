"""A Valkey that hangs, and one that is killed: calls are bounded in time and do what was chosen."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.embedded import addresses, children, valkey
from tests.catalogue import Register
from tests.hammer.processes import Callers, Said, webs
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Faulty:
    """A Valkey of its own, to be hurt, and a web process on it."""

    process: "subprocess.Popen[bytes]"
    data_dir: Path
    callers: Callers

    def call(self, tool: str) -> Said:
        return self.callers.call(0, tool=tool)

    def calls(self, tool: str, number: int) -> set[tuple[int, str]]:
        said = self.callers.together(number, lambda _: self.call(tool))
        return {(each.status, each.code) for each in said}


@pytest.fixture
def faulty(django_db_setup: None, tmp_path: Path, scout_headers: dict[str, str]) -> Iterator[Faulty]:
    process = valkey.start(tmp_path, durable=False)
    with webs(1, REDIS_URL=addresses.redis_url(tmp_path)) as served:
        yield Faulty(process, tmp_path, Callers(served, scout_headers))
    if process.poll() is None:
        os.kill(process.pid, signal.SIGCONT)
        children.stop(process, valkey.STOP)


@pytest.fixture
def tools(register: Register, upstream: Upstream) -> Upstream:
    """`open-rate` lets calls in while nobody can count, `closed-quota` does not; neither says so."""
    limits: dict[str, dict[str, Any]] = {
        "open-rate": {"rate_limit": {"per_hour": 3}, "concurrency": {"most": 50}},
        "closed-quota": {"quota": {"per_day": 5}},
    }
    for slug, more in limits.items():
        register(slug=slug, **more)
    return upstream


def test_a_hanging_redis_holds_nobody_up(faulty: Faulty, tools: Upstream) -> None:
    assert {faulty.call("open-rate").code, faulty.call("closed-quota").code} == {"succeeded"}
    os.kill(faulty.process.pid, signal.SIGSTOP)
    _check_choices(faulty, tools)
    os.kill(faulty.process.pid, signal.SIGCONT)
    _until(lambda: faulty.call("open-rate").code == "rate_limited")
    _until(lambda: faulty.call("closed-quota").code == "succeeded")


def test_a_killed_redis_comes_back_without_a_new_quota_for_everybody(faulty: Faulty, tools: Upstream) -> None:
    assert [faulty.call("closed-quota").code for _ in range(3)] == ["succeeded"] * 3
    assert faulty.call("open-rate").code == "succeeded"
    faulty.process.kill()
    faulty.process.wait()
    _check_choices(faulty, tools)
    again = valkey.start(faulty.data_dir, durable=False)
    try:
        _until(lambda: faulty.call("closed-quota").code == "succeeded")
        codes = [faulty.call("closed-quota").code for _ in range(3)]
        assert codes == ["succeeded", "rate_limited", "rate_limited"]
    finally:
        children.stop(again, valkey.STOP)


def _check_choices(faulty: Faulty, upstream: Upstream) -> None:
    before = len(upstream.received)
    assert faulty.calls("closed-quota", 10) == {(503, "unavailable")}
    assert len(upstream.received) == before
    refused = faulty.call("closed-quota")
    assert refused.headers["Retry-After"] in {"1", "2"}
    assert "cannot be counted while Redis is away" in refused.body["detail"]
    assert faulty.calls("open-rate", 12) == {(200, "succeeded")}
    assert len(upstream.received) == before + 12


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, "It did not come back in time."
        time.sleep(0.2)
