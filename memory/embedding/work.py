"""Making the vectors of what was claimed, and storing them."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from accounts.offload import in_database_thread
from integrations.embedding.base import Embedder
from memory.embedding.claims import Claim, refuse, release, store
from memory.embedding.making import Away, Made, make

PUT_OFF_SECONDS = 10.0
"""How long claims are left alone of which nobody knows what went wrong."""

log = logging.getLogger(__name__)


async def fill(embedder: Embedder, claims: Sequence[Claim]) -> set[int]:
    """The claims of one model, of whatever tenants; which rows have their vector now. What has none is released."""
    try:
        made = await make(embedder, [each.content for each in claims])
    except Away as away:
        await in_database_thread(_give_back, claims, away.pause_seconds)
        return set()
    except BaseException:
        await in_database_thread(_give_back, claims, PUT_OFF_SECONDS)
        raise
    return await in_database_thread(_keep, claims, made)


def _give_back(claims: Sequence[Claim], pause_seconds: float) -> None:
    for some in by_tenant(claims).values():
        release(some, pause_seconds=pause_seconds)


def _keep(claims: Sequence[Claim], made: Made) -> set[int]:
    places = {each.row_id: place for place, each in enumerate(claims)}
    stored: set[int] = set()
    for some in by_tenant(claims).values():
        done = [each for each in some if places[each.row_id] in made.vectors]
        stored |= store(done, [made.vectors[places[each.row_id]] for each in done])
        for failed in refuse([each for each in some if places[each.row_id] in made.refused]):
            log.warning(
                "The memory %s of tenant %s gets no vector: its text was refused several times. %s",
                failed.memory_id,
                failed.tenant_id,
                made.refused[places[failed.row_id]],
                extra={"action": "vector_failed"},
            )
    return stored


def by_tenant(claims: Sequence[Claim]) -> dict[UUID, list[Claim]]:
    found: defaultdict[UUID, list[Claim]] = defaultdict(list)
    for each in claims:
        found[each.tenant_id].append(each)
    return dict(found)


def by_model(claims: Sequence[Claim]) -> dict[int, list[Claim]]:
    found: defaultdict[int, list[Claim]] = defaultdict(list)
    for each in claims:
        found[each.model_id].append(each)
    return dict(found)
