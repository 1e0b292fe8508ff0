"""Writing memories that a namespace may hold already: once, whoever writes the same at the same moment."""

import hashlib
from collections.abc import Collection, Sequence
from typing import TypeAlias

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from accounts.errors import Conflict
from accounts.tenancy import current_scope
from memory.expire import put_away
from memory.models import Memory
from memory.rows import insert_rows

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

    One statement, and another where something was there. Raises Conflict where others delete and make the same all the
    time.
    """
    there: dict[Key, Memory] = {}
    waiting = {key_of(memory): memory for memory in memories}
    for _ in range(_MOST_ROUNDS):
        # In order: of two requests with the same memories none waits for the other in a circle.
        written = insert_rows(Memory, [waiting[key] for key in sorted(waiting)])
        there |= {key: memory for key, memory in waiting.items() if memory.id in written}
        waiting = {key: memory for key, memory in waiting.items() if memory.id not in written}
        if waiting:
            there |= there_with(waiting)
            waiting = {key: memory for key, memory in waiting.items() if key not in there}
        if not waiting:
            return there
    raise Conflict("Others are changing the same memories. Try again.")


_WITH = """
SELECT there.id FROM unnest(%s::text[], %s::bytea[]) AS given (namespace, digest)
JOIN memory_memory AS there ON there.tenant_id = %s AND there.namespace = given.namespace COLLATE "C"
    AND there.content_digest = given.digest AND there.deleted_at IS NULL
"""


def there_with(keys: Collection[Key]) -> dict[Key, Memory]:
    """The memories that have these keys. Those that have expired are put away, so that others can take their place."""
    parameters = [[name for name, _ in keys], [digest for _, digest in keys], current_scope().tenant_id]
    same = RawSQL(_WITH, parameters)  # noqa: S611  a constant and parameters
    rows = list(Memory.objects.filter(id__in=same).annotate(has_ended=Q(expires_at__lte=Now())).order_by())
    if expired := [memory.id for memory in rows if memory.has_ended]:
        put_away(expired)
    return {key_of(memory): memory for memory in rows if not memory.has_ended}
