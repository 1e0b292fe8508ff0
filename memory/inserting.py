"""Writing memories that a namespace may hold already: once, whoever writes the same at the same moment."""

import hashlib
from collections.abc import Collection, Sequence
from typing import TypeAlias

from django.db.models import Q
from django.db.models.functions import Now

from accounts.errors import Conflict
from memory.expire import put_away
from memory.models import Memory

_MOST_ROUNDS = 5
"""What was found to be there may be deleted before it is read, and made again by somebody else."""
Key: TypeAlias = tuple[str, bytes]
"""A namespace and the digest of a content: what there is once."""


def digest_of(content: str) -> bytes:
    return hashlib.sha256(content.encode()).digest()


def key_of(memory: Memory) -> Key:
    return memory.namespace, bytes(memory.content_digest)


def insert_once(memories: Sequence[Memory]) -> dict[Key, Memory]:
    """What is there for each of these keys: the memory that was given, or another one that says the same.

    Two statements, however many there are. Raises Conflict where others delete and make the same all the time.
    """
    there: dict[Key, Memory] = {}
    waiting = {key_of(memory): memory for memory in memories}
    for _ in range(_MOST_ROUNDS):
        # In order: of two requests with the same memories none waits for the other in a circle.
        Memory.objects.bulk_create([waiting[key] for key in sorted(waiting)], ignore_conflicts=True)
        found = there_with(waiting)
        for key, memory in found.items():
            given = waiting.pop(key)
            there[key] = given if given.id == memory.id else memory
        if not waiting:
            return there
    raise Conflict("Others are changing the same memories. Try again.")


def there_with(keys: Collection[Key]) -> dict[Key, Memory]:
    """The memories that have these keys. Those that have expired are put away, so that others can take their place."""
    same = Q(pk__in=[])
    for namespace in {namespace for namespace, _ in keys}:
        same |= Q(namespace=namespace, content_digest__in=[digest for name, digest in keys if name == namespace])
    rows = list(Memory.objects.filter(same, deleted_at=None).annotate(has_ended=Q(expires_at__lte=Now())).order_by())
    if expired := [memory.id for memory in rows if memory.has_ended]:
        put_away(expired)
    return {key_of(memory): memory for memory in rows if not memory.has_ended}
