"""Read by every Python that `up` starts in the fault matrix: something is killed where an order tells it to be.

The order is a file, `CRASH_ORDER`, with five words: a process (`web`, `worker`), the name of a call or `*`, a step,
`before` or `after`, and whom to kill: a pid, or 0. A step is one of the corridor, or a function that `CRASH_PLACES`
names as `module:function`. Whoever reaches that place takes the file away, and kills that process, or itself. The
product knows nothing of it.
"""

import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

ORDER = Path(os.environ.get("CRASH_ORDER", "/nowhere"))
PLACES = os.environ.get("CRASH_PLACES", "").split()
ANYBODY = "*"
COMMAND = " ".join(sys.orig_argv).replace("config.celery ", "config.")


def kill_if_ordered(name: object, step: str, moment: str) -> None:
    try:
        process, *place, pid = ORDER.read_text().split()
    except (OSError, ValueError):
        return
    if place in ([name, step, moment], [ANYBODY, step, moment]) and f"config.{process}" in COMMAND:
        try:
            if int(pid):
                os.kill(int(pid), signal.SIGKILL)
            ORDER.rename(ORDER.with_suffix(".done"))
        except OSError:
            return
        if not int(pid):
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def passing(step: str, name: object = ANYBODY) -> Iterator[None]:
    kill_if_ordered(name, step, "before")
    yield
    kill_if_ordered(name, step, "after")


def watch_corridor(module: Any) -> None:
    timed = module.Passage.timed

    @contextmanager
    def watched(passage: Any, step: str) -> Iterator[None]:
        with passing(step, passage.call.input.get("call")), timed(passage, step):
            yield

    module.Passage.timed = watched


def watch_functions(module: Any) -> None:
    for place in PLACES:
        name, _, function = place.partition(":")
        if name == module.__name__:
            setattr(module, function, _watched(getattr(module, function), place))


def _watched(run: Callable[..., Any], place: str) -> Callable[..., Any]:
    @wraps(run)
    async def in_loop(*given: Any, **named: Any) -> Any:
        with passing(place):
            return await run(*given, **named)

    @wraps(run)
    def in_thread(*given: Any, **named: Any) -> Any:
        with passing(place):
            return run(*given, **named)

    return in_loop if inspect.iscoroutinefunction(run) else in_thread


def hasten(module: Any) -> None:
    """Who dies this often would be left alone longer and longer, which is right elsewhere."""
    module.LONGEST_DELAY_SECONDS = 0.5


PATCHES = {
    **{place.partition(":")[0]: watch_functions for place in PLACES},
    "registry.execution.passage": watch_corridor,
    "config.supervisor.running": hasten,
}


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
