"""Searching memories: the one function behind REST, the tools, the command and the pages."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.caller import Actor, Caller
from accounts.offload import in_database_thread
from integrations.embedding.base import Embedder, Vector
from integrations.embedding.shelf import embedder_named
from integrations.embedding.vectors import checked, unit
from integrations.errors import EmbedderRefused, EmbedderUnavailable
from memory.access import reach_of
from memory.bounded import bounded_within
from memory.embedding.active import active_model
from memory.indexes.counts import weigh
from memory.models import EmbeddingModel, EmbeddingStatus, Memory, MemoryEmbedding
from memory.search.budget import keep_to
from memory.search.expand import expand
from memory.search.fuse import Found, Listed, Scored, add_linked, alone, fuse
from memory.search.keyword import find_by_words
from memory.search.limits import FEWEST_CANDIDATES, QUESTION_SECONDS
from memory.search.nearest import Nearest, find_nearest
from memory.search.scope import Scope, scope_of
from memory.search.turns import turn_of
from memory.search.types import Answer, Arm, Hit, How, Mode, Route, SearchRequest
from memory.search.words import Question, read_question

_NO_MODEL = "Nothing has a vector yet: no embedding model is in use."
_TOO_SLOW = f"The question had no vector within {QUESTION_SECONDS:g} seconds."
_UNKNOWN_MODEL = "This installation cannot make vectors of the model that is in use."


class ModelChanged(Exception):
    """The vector is of a model that is not the active one any more."""


async def search(*, caller: Caller, request: SearchRequest) -> Answer:
    """Raises as `search_for`."""
    return await search_for(tenant_id=caller.tenant_id, by=caller, request=request)


async def search_for(*, tenant_id: UUID, by: Actor, request: SearchRequest) -> Answer:
    """Makes the question's vector, outside of any transaction, and searches.

    Raises Forbidden; Invalid for a vector of another length than the model's; Throttled while too many of the
    tenant's, or large ones, run, or when this one takes too long; and, where the mode is semantic,
    EmbedderUnavailable and EmbedderRefused. Hybrid goes on without.
    """
    while True:
        model, vector, degraded = None, None, ""
        if _wants_vector(request):
            model = await in_database_thread(active_model)
            vector, degraded = await _vector_of(model, request)
        try:
            async with turn_of(tenant_id):
                return await in_database_thread(_search_within, tenant_id, by, request, vector, model, degraded)
        except ModelChanged:
            continue  # rare as that is, there is no end of it before the new one is read


def search_memories(
    *,
    tenant_id: UUID,
    by: Actor,
    request: SearchRequest,
    vector: Sequence[float] | None = None,
    vector_of: EmbeddingModel | None = None,
    degraded: str = "",
) -> Answer:
    """In the tenant's scope. `vector`: the question's; None, with a reason, where it could not be made.

    `vector_of`: the model that made it; None: the active one. Raises as `search_for`, and ModelChanged.
    """
    reach = reach_of(by)
    model = active_model()
    if vector_of is not None and (model is None or model.id != vector_of.id):
        raise ModelChanged
    if request.vector is not None:
        vector = _given(request, model)
    mode, degraded = _mode(request, vector, model, degraded)
    question = read_question(request.query) if request.query and mode is not Mode.SEMANTIC else Question()
    scope = scope_of(reach, request, timezone.now(), required=question.required)
    if not scope.intervals:
        return Answer((), How(mode, degraded=degraded))
    depth = max(request.limit, FEWEST_CANDIDATES)
    lists: list[Listed] = []
    nearest = Nearest((), Route.NONE)
    if vector is not None and model is not None and mode is not Mode.KEYWORD:
        nearest = find_nearest(tenant_id=tenant_id, scope=scope, model=model, vector=unit(vector), limit=depth)
        near = [Found(each.memory_id, each.similarity, sure=each.similarity) for each in nearest.near]
        lists.append(Listed(Arm.SEMANTIC, near))
    if mode is not Mode.SEMANTIC:
        lists.append(Listed(Arm.KEYWORD, _by_words(tenant_id, scope, question, depth)))
    hits = _hits(scope, _scored(scope, lists, steps=request.expand_links)[: request.limit], model)
    kept, tokens, truncated = keep_to(hits, request)
    how = How(
        mode=mode,
        route=nearest.route,
        index=nearest.index,
        scanned=nearest.scanned,
        model=model.name if model is not None and mode is not Mode.KEYWORD else "",
        fell_back=nearest.fell_back,
        degraded=degraded,
    )
    return Answer(kept, how, tokens, truncated)


def _search_within(
    tenant_id: UUID,
    by: Actor,
    request: SearchRequest,
    vector: Sequence[float] | None,
    vector_of: EmbeddingModel | None,
    degraded: str,
) -> Answer:
    with bounded_within(tenant_id):
        return search_memories(
            tenant_id=tenant_id, by=by, request=request, vector=vector, vector_of=vector_of, degraded=degraded
        )


def _wants_vector(request: SearchRequest) -> bool:
    return request.mode is not Mode.KEYWORD and request.vector is None


async def _vector_of(model: EmbeddingModel | None, request: SearchRequest) -> tuple[Sequence[float] | None, str]:
    """The question's vector, or None and why there is none."""
    embedder = embedder_named(model.name) if model is not None else None
    if embedder is None:
        return None, _NO_MODEL if model is None else _UNKNOWN_MODEL
    try:
        vector = await _made_by(embedder, request.query or "")
    except (EmbedderUnavailable, EmbedderRefused) as error:
        if request.mode is Mode.SEMANTIC:
            raise
        return None, error.message
    return vector, ""


async def _made_by(embedder: Embedder, question: str) -> Vector:
    """Raises EmbedderUnavailable and EmbedderRefused. A service outside is asked several times, for minutes if need be:
    nobody who searches waits for that."""
    try:
        async with asyncio.timeout(QUESTION_SECONDS):
            (vector,) = await embedder.embed([question])
    except TimeoutError:
        raise EmbedderUnavailable(_TOO_SLOW) from None
    return vector


def _given(request: SearchRequest, model: EmbeddingModel | None) -> Sequence[float] | None:
    """The request's own vector. Raises Invalid where it cannot be compared with the model's."""
    return None if model is None else checked(request.vector, model.dimensions, path="$.vector")


def _mode(
    request: SearchRequest, vector: Sequence[float] | None, model: EmbeddingModel | None, degraded: str
) -> tuple[Mode, str]:
    """How it is searched in fact, and why less is done than was asked for."""
    if request.mode is Mode.KEYWORD:
        return Mode.KEYWORD, ""
    if vector is None or model is None:
        degraded = degraded or _NO_MODEL
        if request.mode is Mode.SEMANTIC or not request.query:
            raise EmbedderUnavailable(degraded)
        return Mode.KEYWORD, degraded
    return (Mode.SEMANTIC if not request.query else request.mode), ""


def _by_words(tenant_id: UUID, scope: Scope, question: Question, depth: int) -> list[Found]:
    number = weigh(tenant_id=tenant_id, model_id=None, intervals=scope.intervals).scope
    if number <= 0:
        return []
    found = find_by_words(scope.memories(), question, limit=depth, number=number)
    return [Found(worded.memory_id, worded.rank, sure=worded.covers) for worded in found]


def _scored(scope: Scope, lists: list[Listed], *, steps: int) -> list[Scored]:
    scored = alone(lists[0]) if len(lists) == 1 else fuse(lists)
    return add_linked(scored, expand(scope, scored, steps=steps)) if steps else scored


def _hits(scope: Scope, scored: Sequence[Scored], model: EmbeddingModel | None) -> list[Hit]:
    """Asked of the scope again: whatever a list holds, nothing is shown that the caller may not find."""
    status = MemoryEmbedding.objects.filter(memory=OuterRef("pk"), model_id=model.id if model else None)
    rows = scope.memories().filter(id__in=[each.memory_id for each in scored])
    memories: dict[UUID, Memory] = {row.id: row for row in rows.annotate(embedding=Subquery(status.values("status")))}
    return [_hit(memories[each.memory_id], each) for each in scored if each.memory_id in memories]


def _hit(memory: Memory, scored: Scored) -> Hit:
    near = [part.value for part in scored.parts if part.arm is Arm.SEMANTIC]
    embedding = getattr(memory, "embedding", None) or EmbeddingStatus.PENDING.value
    return Hit(memory, scored.score, near[0] if near else None, embedding, scored.parts)
