"""What must hold when everything has been killed often enough."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded import postgres
from config.supervisor.options import BASE_DIR
from tests.crash.load import Ledger
from tests.crash.matrix import Matrix, everything_descends_from
from tests.running import environment, wait_for

# A lease is the tool's timeout and 30 seconds; a sweep comes every 10.
LEASE_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    sentence: str
    holds: bool


def judge(matrix: Matrix, ledger: Ledger, data_dir: Path) -> list[Finding]:
    lost, changed = _compare(ledger, data_dir)
    return [
        Finding(f"{len(lost)} of {len(ledger.answered)} answered executions are lost", not lost),
        Finding(f"{len(changed)} have another status than was answered", not changed),
        Finding(f"{len(ledger.doubled)} idempotency keys ran twice", not ledger.doubled),
        Finding("no execution stays running", _none_stays_running(data_dir)),
        Finding("the audit trail verifies", _audit_verifies(data_dir)),
        Finding("no process of a killed supervisor is left", everything_descends_from(matrix.up)),
    ]


def _compare(ledger: Ledger, data_dir: Path) -> tuple[list[str], list[str]]:
    with postgres.connect(data_dir) as database:
        stored = {str(row[0]): row[1] for row in database.execute("SELECT id, status FROM registry_execution")}
    lost = [identifier for identifier in ledger.answered if identifier not in stored]
    changed = [
        identifier
        for identifier, status in ledger.answered.items()
        if identifier in stored and stored[identifier] != status
    ]
    return lost, changed


def _none_stays_running(data_dir: Path) -> bool:
    def none_runs() -> bool:
        with postgres.connect(data_dir) as database:
            found = database.execute("SELECT count(*) FROM registry_execution WHERE status = 'running'").fetchone()
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
