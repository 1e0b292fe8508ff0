"""What must hold when everything has been killed often enough."""

import subprocess
import sys
from pathlib import Path

from config.supervisor.options import BASE_DIR
from tests.crash import stored
from tests.crash.effects import SAFE, Effects
from tests.crash.findings import Finding, none_of
from tests.crash.load import Ledger
from tests.crash.matrix import Matrix, everything_descends_from
from tests.running import environment

SUCCEEDED = "succeeded"
INTERNAL_ERROR = "internal_error"


def judge_endings(data_dir: Path) -> list[Finding]:
    """Before anything else is judged: it waits until all has ended."""
    return [Finding(sentence, stored.none_is_left(data_dir, count)) for sentence, count in stored.UNENDED.items()]


def judge_calls(ledger: Ledger, effects: Effects, data_dir: Path) -> list[Finding]:
    status = stored.executions(data_dir)
    lost = [each for each in {*ledger.answered, *ledger.accepted} if each not in status]
    changed = [each for each, good in ledger.answered.items() if (status.get(each) == SUCCEEDED) != good]
    made, counted = ledger.made, effects.counted
    twice = [name for name, tool in made.items() if effects.of(name, tool) > 1]
    again = [name for name, tool in made.items() if tool == SAFE and counted[name] > 1]
    without = [name for name in ledger.succeeded if not counted[name]]
    safe = sum(tool == SAFE for tool in made.values())
    unforeseen = ledger.outcomes[INTERNAL_ERROR]
    told = len({*ledger.answered, *ledger.accepted})
    return [
        none_of(lost, f"of {told} executions that were told are lost"),
        none_of(changed, "have another status than was answered"),
        none_of(ledger.given_up, "calls with a key were never answered"),
        none_of(ledger.doubled, "idempotency keys ran twice"),
        none_of(twice, f"of {len(made)} calls had their effect twice"),
        Finding(f"{len(again)} of {safe} calls that are safe to repeat were made again", len(again) < safe),
        none_of(without, "calls were told to have succeeded without having had their effect"),
        Finding(f"{unforeseen} calls were told `internal_error`", not unforeseen),
    ]


def judge_house(matrix: Matrix, data_dir: Path) -> list[Finding]:
    return [
        Finding("the audit trail verifies", _audit_verifies(data_dir)),
        Finding("no process of a killed supervisor is left", everything_descends_from(matrix.up)),
    ]


def _audit_verifies(data_dir: Path) -> bool:
    command = [sys.executable, "manage.py", "verify_audit"]
    ran = subprocess.run(
        command, cwd=BASE_DIR, env=environment(DATA_DIR=str(data_dir)), capture_output=True, text=True, check=False
    )
    return ran.returncode == 0
