"""Seeing to it that there are the indexes that there should be: look, decide, act, until there is nothing to do.

Started by the schedule, or by `manage.py memory tend-indexes` where workers have not the rights of the tables' owner.
Whatever is killed here, the next one finds it as it was left: PostgreSQL says which indexes it has.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.offload import give_connection_back
from memory.indexes import build
from memory.indexes.decide import Adopt, Await, Build, Clear, Note, Rebuild, Remove, Step, decide
from memory.indexes.facts import Owner, name_of
from memory.indexes.look import look
from memory.models import EmbeddingModel, IndexState, VectorIndex

log = logging.getLogger(__name__)

_running = threading.Lock()


def begin() -> None:
    """Tend beside the task that calls, which has its place to give to others. Nothing when this process does already.

    The thread ends with its process, and what PostgreSQL builds for it goes on.
    """
    if _running.acquire(blocking=False):
        threading.Thread(target=_tend_in_thread, name="memory-indexes", daemon=True).start()


def _tend_in_thread() -> None:
    try:
        tend()
    except DatabaseError:
        log.exception("Indexes over vectors were not tended.", extra={"action": "memory_indexes_not_tended"})
    finally:
        connection.close()
        _running.release()


def tend() -> list[Step] | None:
    """What was done; None when another one tends, or this process may not. Raises DatabaseError.

    One building after the other in the whole installation, and after each a new look.
    """
    if not build.may_build():
        return None
    done: list[Step] = []
    with build.alone() as is_alone:
        if not is_alone:
            return None
        while steps := _until_built(decide(look())):
            for step in steps:
                _DO[type(step)](step)
            done += [step for step in steps if not isinstance(step, Note)]
            if not any(isinstance(step, Build | Rebuild | Clear) for step in steps):
                break
    return done


def _until_built(steps: list[Step]) -> list[Step]:
    """Up to the first building, after which everything may be different."""
    first = next((at for at, step in enumerate(steps) if isinstance(step, Build | Rebuild)), len(steps))
    return steps[: first + 1]


def _remove(step: Remove) -> None:
    VectorIndex.objects.filter(name=step.name).update(state=IndexState.DROPPING)
    build.drop(step.name)
    VectorIndex.objects.filter(name=step.name).delete()
    _tell("removed", step.name)


def _clear(step: Clear) -> None:
    build.drop(step.name)
    _tell("cleared of a building that did not end", step.name)


def _adopt(step: Adopt) -> None:
    built = {"rows_built": step.rows, "bytes_built": step.bytes, "built_at": timezone.now()}
    _write(step.owner, state=IndexState.READY, rows=step.rows, bytes=step.bytes, attempts=0, detail="", **built)
    _tell("found whole", name_of(step.owner))


def _note(step: Note) -> None:
    _write(step.owner, rows=step.rows, bytes=step.bytes)


def _await(step: Await) -> None:
    _write(step.owner, state=IndexState.WAITING, rows=step.rows)


def _build(step: Build) -> None:
    model = EmbeddingModel.objects.get(id=step.owner[0])
    _write(step.owner, state=IndexState.BUILDING, rows=step.rows, tried_at=timezone.now())
    in_parallel = not _attempts(step.owner)
    seconds = _attempt(
        step.owner, lambda: build.create(step.owner, model, rows=step.rows, in_parallel=in_parallel), IndexState.FAILED
    )
    if seconds is not None:
        _finish(step.owner, step.rows, seconds)
        _tell(f"built over {step.rows:,} vectors in {seconds:.1f} s", name_of(step.owner))


def _rebuild(step: Rebuild) -> None:
    name, dimensions = name_of(step.owner), EmbeddingModel.objects.get(id=step.owner[0]).dimensions
    _write(step.owner, tried_at=timezone.now())
    in_parallel = not _attempts(step.owner)
    seconds = _attempt(
        step.owner,
        lambda: build.rebuild(name, rows=step.rows, dimensions=dimensions, in_parallel=in_parallel),
        IndexState.READY,
    )
    if seconds is not None:
        _finish(step.owner, step.rows, seconds)
        _tell(f"built anew over {step.rows:,} vectors in {seconds:.1f} s", name)


_DO: dict[type[Step], Callable[[Any], None]] = {
    Remove: _remove,
    Clear: _clear,
    Adopt: _adopt,
    Note: _note,
    Await: _await,
    Build: _build,
    Rebuild: _rebuild,
}


def _attempt(owner: Owner, work: Callable[[], None], otherwise: IndexState) -> float | None:
    """How long it took; None when PostgreSQL refused. Raises DatabaseError when PostgreSQL is gone."""
    give_connection_back()  # the serving role's: it has nothing to do for minutes
    began = time.monotonic()
    try:
        work()
    except DatabaseError as error:
        why = str(error).strip()
        _write(owner, state=otherwise, attempts=_attempts(owner) + 1, detail=why)
        log.warning("The index %s was not built: %s", name_of(owner), why, extra={"action": "memory_index_not_built"})
        return None
    return time.monotonic() - began


def _finish(owner: Owner, rows: int, seconds: float) -> None:
    size = look().found[name_of(owner)].bytes
    built = {"rows_built": rows, "bytes": size, "bytes_built": size, "seconds": seconds, "built_at": timezone.now()}
    _write(owner, state=IndexState.READY, attempts=0, detail="", **built)


def _attempts(owner: Owner) -> int:
    return VectorIndex.objects.values_list("attempts", flat=True).get(name=name_of(owner))


def _write(owner: Owner, **facts: object) -> None:
    """Whatever a killed one wrote about it, this is how it is."""
    VectorIndex.objects.update_or_create(
        model_id=owner[0], tenant_id=owner[1], defaults=facts, create_defaults={"name": name_of(owner), **facts}
    )


def _tell(what: str, name: str) -> None:
    log.info("The index %s was %s.", name, what, extra={"action": "memory_index"})
