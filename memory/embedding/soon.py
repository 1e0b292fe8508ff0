"""Telling a worker that memories wait for their vectors. A lost word does no harm: the schedule looks by itself."""

from accounts.telling import tell_workers

EMBED = "memory.tasks.embed_memories"


def embed_soon() -> None:
    """After the commit, if there is a transaction around; returns at once."""
    tell_workers(EMBED)
