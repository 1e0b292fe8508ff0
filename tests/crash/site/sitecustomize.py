"""Read by every Python that `up` starts in the fault matrix: a process kills itself where an order tells it to.

The order is a file, `CRASH_ORDER`, with four words: a process (`web`, `worker`), the name of a call, a step of the
corridor, and `before` or `after`. Whoever reaches that place takes the file away and dies. The product knows nothing
of it.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

ORDER = Path(os.environ.get("CRASH_ORDER", "/nowhere"))


def die_if_ordered(name: object, step: str, moment: str) -> None:
    try:
        process, *place = ORDER.read_text().split()
    except OSError:
        return
    if place == [name, step, moment] and f"config.{process}" in " ".join(sys.orig_argv).replace(
        "config.celery ", "config."
    ):
        try:
            ORDER.rename(ORDER.with_suffix(".done"))
        except OSError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def watch(module: Any) -> None:
    timed = module.Passage.timed

    @contextmanager
    def watched(passage: Any, step: str) -> Iterator[None]:
        name = passage.call.input.get("call")
        die_if_ordered(name, step, "before")
        with timed(passage, step):
            yield
        die_if_ordered(name, step, "after")

    module.Passage.timed = watched


def hasten(module: Any) -> None:
    """Who dies this often would be left alone longer and longer, which is right elsewhere."""
    module.LONGEST_DELAY_SECONDS = 0.5


PATCHES = {"registry.execution.passage": watch, "config.supervisor.running": hasten}


class Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        patch = PATCHES.get(fullname)
        spec = PathFinder.find_spec(fullname, path) if patch else None
        if patch is not None and spec is not None and spec.loader is not None:
            _then(spec.loader, patch)
        return spec


def _then(loader: Loader, patch: Callable[[Any], None]) -> None:
    run = loader.exec_module

    def run_and_patch(module: Any) -> None:
        run(module)
        patch(module)

    loader.exec_module = run_and_patch  # type: ignore[method-assign]


if "CRASH_ORDER" in os.environ:
    sys.meta_path.insert(0, Finder())
