"""Events that wait to be routed: a few at a time, the tenants in turn, so that no flood of one keeps others waiting."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

from accounts.tenancy import platform
from integrations.errors import VaultLocked
from webhooks.routing.route_event import Routed, route_events

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Events that are looked up together: who comes next waits for so many at most."""

# It leaps through an index from tenant to tenant, and looks at no more of each than may be taken.
_NEXT = """
    WITH RECURSIVE waiting AS (
        SELECT '00000000-0000-0000-0000-000000000000'::uuid AS tenant_id
        UNION ALL
        SELECT (
            SELECT tenant_id FROM webhooks_webhookevent
            WHERE routing = 'waiting' AND tenant_id > waiting.tenant_id ORDER BY tenant_id LIMIT 1
        ) FROM waiting WHERE waiting.tenant_id IS NOT NULL
    )
    SELECT waiting.tenant_id, event.id
    FROM waiting CROSS JOIN LATERAL (
        SELECT id, row_number() OVER (ORDER BY id) AS turn FROM webhooks_webhookevent
        WHERE tenant_id = waiting.tenant_id AND routing = 'waiting' AND id <> ALL(%(without)s)
        ORDER BY id LIMIT %(most)s
    ) AS event
    ORDER BY event.turn, waiting.tenant_id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Page:
    waiting: frozenset[UUID]
    """Those that were looked at and wait on."""
    routed: int
    runs: int
    """That were made."""


def route_next(*, without: Collection[UUID] = ()) -> Page:
    """Route those who come next. Raises VaultLocked."""
    page = sorted(next_to_route(AT_ONCE, without=without))
    waiting, routed, runs = set[UUID](), 0, 0
    for tenant_id, these in groupby(page, key=itemgetter(0)):
        ids = [event_id for _, event_id in these]
        became = _route(tenant_id, ids)
        waiting |= set(ids) - became.events
        routed += len(became.events)
        runs += len(became.runs)
    return Page(frozenset(waiting), routed, runs)


def _route(tenant_id: UUID, event_ids: Sequence[UUID]) -> Routed:
    """Together, or singly where that fails: one that cannot be routed holds up no other."""
    try:
        return route_events(tenant_id, event_ids)
    except (VaultLocked, OperationalError, InterfaceError, PoolTimeout):
        raise
    except Exception:
        if len(event_ids) > 1:
            singly = [_route(tenant_id, [event_id]) for event_id in event_ids]
            return Routed(
                events=frozenset(event_id for routed in singly for event_id in routed.events),
                runs=tuple(run_id for routed in singly for run_id in routed.runs),
            )
        log.exception("An event could not be routed.", extra={"action": "routing_failed"})
        return Routed(frozenset(), ())


def next_to_route(most: int, *, without: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """Tenant and id of events that wait: the oldest of each tenant, then the second of each."""
    with platform(), connection.cursor() as cursor:
        cursor.execute(_NEXT, {"most": most, "without": list(without)})
        found: list[tuple[UUID, UUID]] = cursor.fetchall()
        return found
