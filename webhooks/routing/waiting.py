"""Events that wait to be routed: a few at a time, the tenants in turn, so that no flood of one keeps others waiting."""

import logging
from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import connection

from accounts.pool import AWAY
from accounts.tenancy import platform
from integrations.errors import VaultLocked
from webhooks.routing.failing import note_failure
from webhooks.routing.route_events import Routed, route_events, together

log = logging.getLogger(__name__)

AT_ONCE = 4
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


def next_to_route(*, without: Collection[UUID] = ()) -> list[tuple[UUID, list[UUID]]]:
    """Up to AT_ONCE events that wait, by tenant: the oldest of each tenant, then the second of each.

    Who has the fewest comes first: nobody's one event waits for another's many.
    """
    with platform(), connection.cursor() as cursor:
        cursor.execute(_NEXT, {"most": AT_ONCE, "without": list(without)})
        found: list[tuple[UUID, UUID]] = cursor.fetchall()
    by_tenant: dict[UUID, list[UUID]] = {}
    for tenant_id, event_id in found:
        by_tenant.setdefault(tenant_id, []).append(event_id)
    return sorted(by_tenant.items(), key=lambda each: len(each[1]))


def route_for(tenant_id: UUID, event_ids: Sequence[UUID]) -> Routed:
    """Together, or singly where that fails. What keeps them from being routed is logged, and keeps nobody else's."""
    try:
        return route_events(tenant_id, event_ids)
    except (VaultLocked, *AWAY) as error:
        # Not the events' matter: they wait, and nothing is counted.
        log.warning("Events cannot be routed now: %s", type(error).__name__, extra={"action": "routing_put_off"})
    except Exception as error:
        if len(event_ids) > 1:
            return together([route_for(tenant_id, [event_id]) for event_id in event_ids])
        log.exception("An event could not be routed.", extra={"action": "routing_failed"})
        note_failure(tenant_id, event_ids[0], error)
    return Routed()
