"""What workers are told to do for memories, and what the schedule has them do."""

from celery import shared_task

from accounts import bridge
from memory.embedding import worker
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
