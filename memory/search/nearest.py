"""The memories nearest to a vector, by whichever way is right for how many there are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from uuid import UUID

from memory.indexes.counts import weigh
from memory.indexes.known import Usable, usable
from memory.models import EmbeddingModel
from memory.sampling.offer import Answered, offer
from memory.sampling.timings import note
from memory.search.large import large_search
from memory.search.plan import Plan, is_small, plan_for
from memory.search.scope import Scope
from memory.search.types import Route
from memory.search.vector import Near, compare, compare_all, follow

_NO_INDEX = Usable(own=None, shared=None)


@dataclass(frozen=True)
class Nearest:
    near: tuple[Near, ...]
    route: Route
    index: str = ""
    scanned: int = 0
    fell_back: bool = False


@dataclass(frozen=True)
class _Task:
    scope: Scope
    model: EmbeddingModel
    vector: Sequence[float]
    limit: int
    weight: int

    def run(self, plan: Plan) -> Nearest:
        match plan.route:
            case Route.NONE:
                return Nearest((), Route.NONE)
            case Route.ANN:
                return self._by_index(plan)
        return self._all() if plan.most is None else self._up_to(plan, plan.most)

    def _up_to(self, plan: Plan, most: int) -> Nearest:
        fitting = self.scope.memories() if self.scope.asks_memories else None
        rows = self.scope.vectors(self.model.id)
        compared = compare(rows, self.vector, limit=self.limit, most=most, fitting=fitting)
        if compared is not None:
            return Nearest(compared.nearest, Route.EXACT, scanned=compared.scanned)
        return self._all() if plan.then is None else self.run(plan.then)

    def _all(self) -> Nearest:
        with large_search():
            near = compare_all(self.scope.fitting_vectors(self.model.id), self.vector, limit=self.limit)
        return Nearest(near, Route.EXACT, scanned=self.weight)

    def exact_distances(self) -> list[float]:
        """Asked again, in the background, one at a time: it takes no other search's turn."""
        near = compare_all(self.scope.fitting_vectors(self.model.id), self.vector, limit=self.limit)
        return [each.distance for each in near]

    def _by_index(self, plan: Plan) -> Nearest:
        followed = follow(
            self.scope.all_vectors(self.model.id),
            self.scope.fitting_vectors(self.model.id),
            self.vector,
            dimensions=self.model.dimensions,
            limit=self.limit,
            ef=plan.ef,
        )
        if len(followed.nearest) < self.limit:
            return replace(self._all(), index=plan.index, fell_back=True)
        return Nearest(followed.nearest, Route.ANN, plan.index, followed.scanned)


def find_nearest(
    *, tenant_id: UUID, scope: Scope, model: EmbeddingModel, vector: Sequence[float], limit: int
) -> Nearest:
    """The nearest first. Two queries where all fit; the vector has as many numbers as the model's. Raises Throttled."""
    weight = weigh(tenant_id=tenant_id, model_id=model.id, intervals=scope.intervals)
    indexes = _NO_INDEX if is_small(weight) else usable(tenant_id=tenant_id, model_id=model.id)
    plan = plan_for(weight=weight, usable=indexes, is_narrowed=scope.is_narrowed)
    task = _Task(scope, model, vector, limit, weight.scope)
    began = perf_counter()
    nearest = task.run(plan)
    _tell(tenant_id, task, nearest, ms=(perf_counter() - began) * 1000)
    return nearest


def _tell(tenant_id: UUID, task: _Task, nearest: Nearest, *, ms: float) -> None:
    if nearest.route is Route.NONE:
        return
    note(tenant_id=tenant_id, route=nearest.route, ms=ms)
    if nearest.route is Route.ANN:
        distances = [near.distance for near in nearest.near]
        answered = Answered(tenant_id, task.model.id, nearest.route, nearest.index, task.limit, distances, ms)
        offer(answered, task.exact_distances)
