"""A namespace holds a content once: refusing what would be there a second time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from accounts.errors import Conflict
from memory.inserting import key_of, there_with
from memory.models import Memory


def refuse_same(memory: Memory) -> None:
    """Raises Conflict, with the other's id, where another memory is there that says the same.

    Whoever writes somewhere may read there, so that it is no secret.
    """
    other = there_with([key_of(memory)]).get(key_of(memory))
    if other is not None and other.id != memory.id:
        raise Conflict(
            f"The namespace `{memory.namespace}` holds this content already, in the memory {other.id}. Change "
            "that one, or delete it.",
            extra={"memory": str(other.id)},
        )


@contextmanager
def alone(memory: Memory) -> Iterator[None]:
    """What is written in the block is undone where somebody else has written the same at this moment: Conflict."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        refuse_same(memory)
        raise
