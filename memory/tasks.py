"""What workers are told to do for memories, and what the schedule has them do."""

from celery import shared_task

from accounts import bridge
from memory.embedding import worker


@shared_task
def embed_memories(told: object = None) -> None:
    """Make the vectors that memories wait for, beside this task. Words say no more than that there are some."""
    bridge.start(worker.embed())


@shared_task
def tend_models() -> None:
    """Go on with a change of the embedding model, beside this task."""
    bridge.start(worker.tend())
