"""`run.py test --crash`: kill, call, judge, and write the result into the documentation."""

import argparse
import os
import secrets
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config.supervisor.options import BASE_DIR
from tests.crash.effects import TOOLS, Effects
from tests.crash.load import Agent, Caller, Ledger
from tests.crash.matrix import Matrix
from tests.crash.steps import kill_at_each
from tests.crash.verdict import Finding, judge
from tests.running import FirstCall, wait_for

RESULT = BASE_DIR / "docs" / "reference" / "crash.md"
CALLERS = 4
LEASE_SECONDS = 5
"""Shorter than usual, so that more is taken up again in the time there is."""
LONGEST_TRACE = 5000

PAGE = """\
# The fault matrix

`python3 run.py test --crash` starts everything and kills with SIGKILL, in two parts:

* **At each step.** A process kills itself before each step of the corridor, and after `open`, `send` and `record`: a
  web process under a sync call and, once it is open, under one with `wait_ms`, a worker under an async one; each of a
  tool that is safe to repeat and of one that is not. The hook is in `tests/crash/site/`; the product knows nothing of
  it.
* **At random.** {callers} agents call both tools all the time: sync, sync with a key, async, with `wait_ms`; those with
  a key until they are answered. Meanwhile a random process is killed, again and again; sometimes a second one before
  the first is back. `--seed` repeats the order, `--minutes` sets the length.

The service behind the tools is never killed and counts how often each call had its effect. A lease is {lease} seconds
here. At the end it is looked whether what was answered is still true. This page is written by the last run.

## The last result

{day}, seed {seed}: killed at {places} places of the corridor ({missed} not reached), then in {minutes:g} minutes
{kills} times at random ({double} of them a second fault on top of the first).

| killed | times | ready again after: median | longest |
|---|---|---|---|
{recovery}

Ready again means: the process runs, and `/readyz` says `ready` about everything.

| what the agents were told | times |
|---|---|
{outcomes}

| what must hold | |
|---|---|
{findings}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="run.py test --crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="the order of the kills")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long to go on killing (%(default)s)")
    asked = parser.parse_args(arguments)
    print(f"Seed {asked.seed}, {asked.minutes:g} minutes", flush=True)
    with tempfile.TemporaryDirectory(prefix="quartermaster-crash-") as folder:
        result = run(Path(folder) / "data", asked.seed, asked.minutes)
    findings = result.findings
    RESULT.write_text(describe(result, seed=asked.seed, minutes=asked.minutes))
    for finding in findings:
        print(f"{'good' if finding.holds else 'BAD '}  {finding.sentence}")
    print(f"Written to {RESULT.relative_to(BASE_DIR)}")
    return 0 if all(finding.holds for finding in findings) else 1


@dataclass(frozen=True)
class Result:
    matrix: Matrix
    ledger: Ledger
    findings: list[Finding]
    places: int
    missed: list[str]


def run(data_dir: Path, seed: int, minutes: float) -> Result:
    effects, ledger, order = Effects(), Ledger(), data_dir.with_name("order")
    more = {
        "CRASH_ORDER": str(order),
        "PYTHONPATH": f"{BASE_DIR / 'tests' / 'crash' / 'site'}{os.pathsep}{BASE_DIR}",
        "EGRESS_ALLOW_NETWORKS": f"127.0.0.1/32:{effects.port}",
        "EXECUTION_LEASE_SECONDS": str(LEASE_SECONDS),
    }
    matrix = Matrix(data_dir, seed, _say, more)
    try:
        call = FirstCall.of(matrix.up.output())
        for tool in TOOLS:
            registered = matrix.up.ask("POST", "/api/v1/tools/", effects.tool(tool), key=call.key)
            assert registered.status == 201, registered.body
        agent = Agent(matrix.port, call.key, ledger)
        places, missed = kill_at_each(agent, order, _say)
        wait_for(lambda: matrix.up.all_are_back() and matrix.up.is_ready_again())
        _call_and_kill(matrix, agent, seed, minutes)
        return Result(matrix, ledger, judge(matrix, ledger, effects, data_dir), places, missed)
    finally:
        _tell_unforeseen(data_dir)
        matrix.up.stop()
        wait_for(lambda: matrix.up.pids() == {})
        effects.close()


def _call_and_kill(matrix: Matrix, agent: Agent, seed: int, minutes: float) -> None:
    callers = [Caller(number, agent, seed) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        matrix.run(minutes * 60)
    finally:
        for caller in callers:
            caller.stop()
        for caller in callers:
            caller.join()


def _tell_unforeseen(data_dir: Path) -> None:
    """What the processes have logged of it: the folder goes with the run."""
    for log in sorted((data_dir / "log").glob("*.log")):
        for trace in log.read_text(errors="replace").split("Unforeseen error")[1:]:
            _say(f"{log.name}: Unforeseen error{trace[:LONGEST_TRACE]}")


def _say(line: str) -> None:
    print(line, flush=True)


def describe(result: Result, *, seed: int, minutes: float) -> str:
    kills, findings = result.matrix.kills, result.findings
    recovery = [
        f"| {name} | {len(took)} | {statistics.median(took):.1f} s | {max(took):.1f} s |"
        for name, took in sorted(kills.recovery.items())
    ]
    return PAGE.format(
        callers=CALLERS,
        lease=LEASE_SECONDS,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        seed=seed,
        minutes=minutes,
        places=result.places,
        missed=len(result.missed),
        kills=kills.count,
        double=kills.double,
        recovery="\n".join(recovery),
        outcomes="\n".join(f"| {name} | {count} |" for name, count in result.ledger.outcomes.most_common()),
        findings="\n".join(f"| {finding.sentence} | {'yes' if finding.holds else '**no**'} |" for finding in findings),
    )


if __name__ == "__main__":
    sys.exit(main())
