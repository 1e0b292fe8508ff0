"""The page of the documentation that says how it went."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.crash.findings import Finding
from tests.crash.matrix import Kills

_PAGE = """\
# The fault matrix

`python3 run.py test --crash` starts everything and kills with SIGKILL, in two parts:

* **At each step.** A process kills itself at each place in turn, of a call or event that is sent for that:
    * in the corridor before each step, and after `open`, `send` and `record`: a web process under a sync call and, once
      it is open, under one with `wait_ms`, a worker under an async one;
    * on an event's way before each step, and after those that write or send something, also in the middle of a
      transaction: a web process while it receives; a worker while it routes, takes a run, goes through the corridor
      with it, ends an attempt in one way or another, and deals with what another worker has lost;
    * on the way of what happened to a subscription in the same manner.

  Each with a tool that is safe to repeat and with one that is not. The hook is in `tests/crash/site/`; the product
  knows nothing of it.
* **At random.** {callers} agents call both tools all the time: sync, sync with a key, async, with `wait_ms`; those with
  a key until they are answered. {platforms} platforms post signed events to a source, each until it is answered with
  success, and some of them twice at the same moment; two routes take each event to both tools. A subscription is told
  of every execution. Meanwhile a random process is killed, again and again; sometimes a second one before the first is
  back. `--seed` repeats the order, `--minutes` sets the length.

The service behind the tools is never killed. It counts how often each call had its effect: of the tool that is safe to
repeat it honours the `Idempotency-Key`, for the other one it knows none. The receiver of the subscription is never
killed either. A lease is {lease} seconds here. At the end it is looked whether what was answered is still true. This
page is written by the last run.

## The last result

{day}, seed {seed}: killed at {places} places ({missed} not reached), then in {minutes:g} minutes {kills} times at
random ({double} of them a second fault on top of the first).

| killed | times | ready again after: median | longest |
|---|---|---|---|
{recovery}

Ready again means: the process runs, and `/readyz` says `ready` about everything.

| what the agents were told | times |
|---|---|
{told_agents}

| what the platforms were told | times |
|---|---|
{told_platforms}

| how runs ended | times |
|---|---|
{endings}

| what must hold | |
|---|---|
{findings}
"""


@dataclass(frozen=True)
class Result:
    kills: Kills
    findings: Sequence[Finding]
    places: int
    missed: int
    told_agents: Counter[str]
    told_platforms: Counter[str]
    endings: Counter[str]


def describe(result: Result, **asked: object) -> str:
    """`asked` is how it was run: its seed, minutes, callers, platforms and lease."""
    kills = result.kills
    return _PAGE.format(
        **asked,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        places=result.places,
        missed=result.missed,
        kills=kills.count,
        double=kills.double,
        recovery=_recovery(kills.recovery),
        told_agents=_counted(result.told_agents),
        told_platforms=_counted(result.told_platforms),
        endings=_counted(result.endings),
        findings="\n".join(
            f"| {finding.sentence} | {'yes' if finding.holds else '**no**'} |" for finding in result.findings
        ),
    )


def _recovery(recovery: Mapping[str, Sequence[float]]) -> str:
    return "\n".join(
        f"| {name} | {len(took)} | {statistics.median(took):.1f} s | {max(took):.1f} s |"
        for name, took in sorted(recovery.items())
    )


def _counted(counted: Counter[str]) -> str:
    return "\n".join(f"| {name} | {count} |" for name, count in counted.most_common())
