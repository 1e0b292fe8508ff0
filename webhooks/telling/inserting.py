"""Writing many deliveries in one statement, each letter told to PostgreSQL once however many hear of it."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection

from webhooks.models.queued import QueueStatus
from webhooks.telling.letters import Letter

Planned = tuple[UUID, UUID, int, timedelta]
"""A delivery's id, its subscription, its event's sequence, and when it is due from now on."""

_INSERT = """
INSERT INTO webhooks_webhookdelivery (
    id, tenant_id, subscription_id, sequence, event_type, payload, due_at, created_at,
    status, attempts, taken, lost, cause, code, detail
)
SELECT planned.id, %(tenant)s, planned.subscription_id, sequence, letter.payload ->> 'type', letter.payload,
    now() + planned.pause, now(), %(waiting)s, 0, 0, 0, '', '', ''
FROM unnest(%(ids)s::uuid[], %(subscriptions)s::uuid[], %(sequences)s::bigint[], %(pauses)s::interval[])
        AS planned (id, subscription_id, sequence, pause)
    JOIN unnest(%(told)s::bigint[], %(letters)s::jsonb[]) AS letter (sequence, payload) USING (sequence)
ON CONFLICT (subscription_id, sequence) DO NOTHING
"""


def insert_deliveries(tenant_id: UUID, letters: Mapping[int, Letter], planned: Sequence[Planned]) -> None:
    """In the tenant's scope. What is there already stays as it is. `letters` are by their events' sequences."""
    ids, subscriptions, sequences, pauses = (list(column) for column in zip(*planned, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "tenant": tenant_id,
                "waiting": QueueStatus.WAITING,
                "ids": ids,
                "subscriptions": subscriptions,
                "sequences": sequences,
                "pauses": pauses,
                "told": list(letters),
                "letters": [json.dumps(each) for each in letters.values()],
            },
        )
