"""Which rows a search may find: what the caller may read, there and valid, and all that the request asks for."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from memory.access import Reach
from memory.intervals import Intervals, below, meet
from memory.models import Memory, MemoryEmbedding
from memory.models.embedding import MemoryEmbeddingQuerySet
from memory.models.memory import MemoryQuerySet
from memory.search.matching import as_q
from memory.search.types import SearchRequest
from memory.search.words import matches


@dataclass(frozen=True)
class Scope:
    """Every list of an answer is made of these rows, those over links, too."""

    intervals: Intervals
    request: SearchRequest
    now: datetime
    required: str = ""
    """As a tsquery: what the question wants said, or not said, for certain."""

    @property
    def moment(self) -> datetime | None:
        """When memories have to be valid; None: whenever."""
        return None if self.request.any_time else self.request.valid_at or self.now

    @property
    def is_narrowed(self) -> bool:
        """Whether the request leaves out more than namespaces and what is not valid now."""
        asked = self.request
        return bool(asked.kinds or asked.valid_at or self.asks_memories)

    @property
    def asks_memories(self) -> bool:
        """Whether a vector's row alone cannot tell that it may be found."""
        asked = self.request
        return bool(asked.tags or asked.trust or asked.where is not None or asked.end_user is not None or self.required)

    def memories(self) -> MemoryQuerySet:
        rows: MemoryQuerySet = Memory.objects.there().in_namespaces(self.intervals).filter(self._narrow())
        return rows.filter(self._wide(""))

    def all_vectors(self, model_id: int) -> MemoryEmbeddingQuerySet:
        """Of this model, ready: what an index is over."""
        rows: MemoryEmbeddingQuerySet = MemoryEmbedding.objects.ready().filter(model_id=model_id)
        return rows

    def vectors(self, model_id: int) -> MemoryEmbeddingQuerySet:
        """Of them, what is asked for, as far as their own rows tell: all of it, unless `asks_memories`."""
        rows = self.all_vectors(model_id)
        there = Q(expires_at=None) | Q(expires_at__gt=self.now)
        return rows.in_namespaces(self.intervals).filter(there, self._narrow())

    def fitting_vectors(self, model_id: int) -> MemoryEmbeddingQuerySet:
        """The same, and where it has to, this asks their memories, too."""
        rows = self.vectors(model_id)
        return rows.filter(self._wide("memory__")) if self.asks_memories else rows

    def _narrow(self) -> Q:
        """What both tables have columns for."""
        asked = Q(kind__in=self.request.kinds) if self.request.kinds else Q()
        if self.moment is None:
            return asked
        begun = Q(valid_from=None) | Q(valid_from__lte=self.moment)
        return asked & begun & (Q(valid_to=None) | Q(valid_to__gt=self.moment))

    def _wide(self, before: str) -> Q:
        asked = self.request
        found = Q()
        if asked.tags:
            found &= Q(**{f"{before}tags__contains": list(asked.tags)})
        if asked.trust:
            found &= Q(**{f"{before}trust__in": asked.trust})
        if asked.end_user is not None:
            found &= Q(**{f"{before}end_user": asked.end_user})
        if asked.where is not None:
            found &= as_q(asked.where, column=f"{before}metadata")
        if self.required:
            found &= Q(matches(self.required, f"{before}words"))
        return found


def scope_of(reach: Reach, request: SearchRequest, now: datetime, *, required: str = "") -> Scope:
    """The subtree that was asked for, as far as the caller may read it."""
    return Scope(meet(reach.readable, (below(request.subtree),)), request, now, required)
