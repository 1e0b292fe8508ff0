"""Which of several processes runs what: a file's tests stay together, and the slowest files come first."""

from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

# Each takes from ten seconds to a minute and a half, with few tests: begun last, it would be waited for alone.
SLOWEST = (
    "tests/planted/test_planted_secrets.py",
    "tests/config/test_up.py",
    "tests/registry/faults/test_misbehaving.py",
    "tests/config/test_web.py",
    "tests/hammer/test_rotation.py",
    "tests/hammer/test_shared.py",
    "tests/hammer/test_redis_away.py",
    "tests/config/test_admin_isolation.py",
    "tests/config/test_preparation.py",
)


class SlowestFirst(LoadFileScheduling):
    def _assign_work_unit(self, node: "WorkerController") -> None:
        for path in reversed(SLOWEST):
            if path in self.workqueue:
                self.workqueue.move_to_end(path, last=False)
        super()._assign_work_unit(node)

    def remove_node(self, node: "WorkerController") -> str | None:
        """The test at which a process ended is over, too: run again, it would end the next process as well."""
        crashed = self._running_on(node)
        if crashed is not None:
            self.assigned_work[node][self._split_scope(crashed)][crashed] = True
        super().remove_node(node)
        return crashed

    def _running_on(self, node: "WorkerController") -> str | None:
        tests = (test for unit in self.assigned_work[node].values() for test in unit.items())
        return next((name for name, is_over in tests if not is_over), None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> SlowestFirst | None:
    return SlowestFirst(config, log) if config.getoption("dist") == "loadfile" else None
