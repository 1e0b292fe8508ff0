"""`run.py test --crash`: kill, call, judge, and write the result into the documentation."""

import argparse
import secrets
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from config.supervisor.options import BASE_DIR
from tests.crash.load import Caller, Ledger
from tests.crash.matrix import Matrix
from tests.crash.verdict import Finding, judge
from tests.running import FirstCall, wait_for

RESULT = BASE_DIR / "docs" / "reference" / "crash.md"
CALLERS = 4

PAGE = """\
# The fault matrix

`python3 run.py test --crash` starts everything, lets {callers} agents call a tool all the time, half of them with
idempotency keys that they repeat until they are answered, and meanwhile kills a random process with SIGKILL, again
and again; sometimes a second one before the first is back. `--seed` repeats the order of a run, `--minutes` sets its
length. Then it looks whether what was answered is still true. This page is written by its last run.

## The last result

{day}, seed {seed}, {minutes:g} minutes: {kills} kills ({double} of them a second fault on top of the first).

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
        matrix, ledger, findings = run(Path(folder) / "data", asked.seed, asked.minutes)
    RESULT.write_text(describe(matrix, ledger, findings, seed=asked.seed, minutes=asked.minutes))
    for finding in findings:
        print(f"{'good' if finding.holds else 'BAD '}  {finding.sentence}")
    print(f"Written to {RESULT.relative_to(BASE_DIR)}")
    return 0 if all(finding.holds for finding in findings) else 1


def run(data_dir: Path, seed: int, minutes: float) -> tuple[Matrix, Ledger, list[Finding]]:
    matrix, ledger = Matrix(data_dir, seed, say=lambda line: print(line, flush=True)), Ledger()
    try:
        call = FirstCall.of(matrix.up.output())
        callers = [Caller(number, matrix.port, call, ledger, seed) for number in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            matrix.run(minutes * 60)
        finally:
            for caller in callers:
                caller.stop()
            for caller in callers:
                caller.join()
        return matrix, ledger, judge(matrix, ledger, data_dir)
    finally:
        matrix.up.stop()
        wait_for(lambda: matrix.up.pids() == {})


def describe(matrix: Matrix, ledger: Ledger, findings: list[Finding], *, seed: int, minutes: float) -> str:
    recovery = [
        f"| {name} | {len(took)} | {statistics.median(took):.1f} s | {max(took):.1f} s |"
        for name, took in sorted(matrix.kills.recovery.items())
    ]
    return PAGE.format(
        callers=CALLERS,
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        seed=seed,
        minutes=minutes,
        kills=matrix.kills.count,
        double=matrix.kills.double,
        recovery="\n".join(recovery),
        outcomes="\n".join(f"| {name} | {count} |" for name, count in ledger.outcomes.most_common()),
        findings="\n".join(f"| {finding.sentence} | {'yes' if finding.holds else '**no**'} |" for finding in findings),
    )


if __name__ == "__main__":
    sys.exit(main())
