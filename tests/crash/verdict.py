"""What must hold when everything has been killed often enough."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded import postgres
from config.supervisor.options import BASE_DIR
from tests.crash.effects import SAFE, UNSAFE, Effects
from tests.crash.load import Ledger
from tests.crash.matrix import Matrix, everything_descends_from
from tests.running import environment, wait_for

# A lease, a sweep, and that up to three times.
LEASE_SECONDS = 120
SUCCEEDED = "succeeded"
INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True)
class Finding:
    sentence: str
    holds: bool


def judge(matrix: Matrix, ledger: Ledger, effects: Effects, data_dir: Path) -> list[Finding]:
    all_ended = _none_stays_unfinished(data_dir)
    stored = _stored(data_dir)
    lost = [each for each in {*ledger.answered, *ledger.accepted} if each not in stored]
    changed = [each for each, good in ledger.answered.items() if (stored.get(each) == SUCCEEDED) != good]
    made, counted = ledger.made, effects.counted
    twice = [name for name, tool in made.items() if tool == UNSAFE and counted[name] > 1]
    again = [name for name, tool in made.items() if tool == SAFE and counted[name] > 1]
    without = [name for name in ledger.succeeded if not counted[name]]
    unsafe, safe = (sum(each == tool for each in made.values()) for tool in (UNSAFE, SAFE))
    unforeseen = ledger.outcomes[INTERNAL_ERROR]
    told = len(ledger.answered) + len(ledger.accepted - ledger.answered.keys())
    return [
        Finding(f"{len(lost)} of {told} executions that were told are lost", not lost),
        Finding(f"{len(changed)} have another status than was answered", not changed),
        Finding(f"{len(ledger.given_up)} calls with a key were never answered", not ledger.given_up),
        Finding(f"{len(ledger.doubled)} idempotency keys ran twice", not ledger.doubled),
        Finding(f"{len(twice)} of {unsafe} calls that are not safe to repeat had their effect twice", not twice),
        Finding(f"{len(again)} of {safe} calls that are safe to repeat were made again", len(again) < safe),
        Finding(f"{len(without)} calls were told to have succeeded without having had their effect", not without),
        Finding(f"{unforeseen} calls were told `internal_error`", not unforeseen),
        Finding("no execution stays pending or running", all_ended),
        Finding("the audit trail verifies", _audit_verifies(data_dir)),
        Finding("no process of a killed supervisor is left", everything_descends_from(matrix.up)),
    ]


def _stored(data_dir: Path) -> dict[str, str]:
    with postgres.connect(data_dir) as database:
        return {str(row[0]): row[1] for row in database.execute("SELECT id, status FROM registry_execution")}


def _none_stays_unfinished(data_dir: Path) -> bool:
    def none_runs() -> bool:
        with postgres.connect(data_dir) as database:
            found = database.execute(
                "SELECT count(*) FROM registry_execution WHERE status IN ('pending', 'running')"
            ).fetchone()
        return found == (0,)

    try:
        wait_for(none_runs, seconds=LEASE_SECONDS)
    except AssertionError:
        return False
    return True


def _audit_verifies(data_dir: Path) -> bool:
    command = [sys.executable, "manage.py", "verify_audit"]
    ran = subprocess.run(
        command, cwd=BASE_DIR, env=environment(DATA_DIR=str(data_dir)), capture_output=True, text=True, check=False
    )
    return ran.returncode == 0
