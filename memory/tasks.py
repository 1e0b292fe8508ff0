"""What workers are told to do for memories, and what the schedule has them do."""

from celery import shared_task

from accounts import bridge
from accounts.telling import tell_workers
from memory import once, sweep
from memory.embedding import worker
from memory.erasing import begin as erasing
from memory.erasing.work import work_erasures
from memory.importing import begin as importing
from memory.importing.work import work_imports as take_turn_of_import
from memory.indexes import counts, tend
from memory.sampling import retention


@shared_task
def embed_memories(told: object = None) -> None:
    """Make the vectors that memories wait for, beside this task. Words say no more than that there are some."""
    bridge.start(worker.embed())


@shared_task
def tend_models() -> None:
    """Go on with a change of the embedding model, beside this task."""
    bridge.start(worker.tend())


@shared_task
def fold_counts() -> None:
    """Make the rows that count memories few again."""
    counts.fold()


@shared_task
def tend_indexes() -> None:
    """Build and remove indexes over vectors, beside this task: one may take minutes, and others wait for its place."""
    tend.begin()


@shared_task
def remove_old_samples() -> None:
    """Remove samples of recall that were kept long enough."""
    retention.remove_old()


@shared_task
def work_imports(told: object = None) -> None:
    """One turn of the import that is next; another task goes on, so that this worker has time for others. Words say no
    more than that there is something."""
    if take_turn_of_import():
        tell_workers(importing.TASK)


@shared_task
def erase_memories(told: object = None) -> None:
    """One turn of the erasure that is next, likewise."""
    if work_erasures():
        tell_workers(erasing.TASK)


@shared_task
def expire_memories() -> None:
    """Put away what has expired."""
    sweep.expire_memories()


@shared_task
def remove_old_memories() -> None:
    """Remove what was deleted long ago, answers of yesterday, and what imports have left."""
    sweep.purge_deleted()
    once.forget_answers()
    sweep.remove_import_files()
