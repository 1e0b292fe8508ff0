"""Events that wait to be routed and of which no worker was told, or not in time."""

import logging
import time
from collections.abc import Collection
from uuid import UUID

from django.db import connection

from accounts.tenancy import platform
from integrations.errors import VaultLocked
from webhooks.routing.route_event import route_event

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Events that are looked up together."""
PASS_SECONDS = 4
"""Then the next pass goes on: the schedule starts one every few seconds."""

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


def route_waiting() -> int:
    """Route what waits, the tenants in turn. Says how many runs that made."""
    until, seen, runs = time.monotonic() + PASS_SECONDS, set[UUID](), 0
    while time.monotonic() < until:
        page = next_to_route(AT_ONCE, without=seen)
        if not page:
            break
        for tenant_id, event_id in page:
            runs += _route(tenant_id, event_id)
            seen.add(event_id)
    return runs


def next_to_route(most: int, *, without: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """Tenant and id of events that wait: the oldest of each tenant, then the second of each."""
    with platform(), connection.cursor() as cursor:
        cursor.execute(_NEXT, {"most": most, "without": list(without)})
        found: list[tuple[UUID, UUID]] = cursor.fetchall()
        return found


def _route(tenant_id: UUID, event_id: UUID) -> int:
    """One that fails holds up no other: it waits for the next pass."""
    try:
        return len(route_event(tenant_id, event_id))
    except VaultLocked:
        raise
    except Exception:
        log.exception("An event could not be routed.", extra={"action": "routing_failed"})
        return 0
