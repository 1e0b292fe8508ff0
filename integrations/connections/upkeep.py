"""Refreshing what nobody calls: refresh tokens die of age or disuse, and a dead one is better found by us."""

import asyncio
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from accounts.errors import QuartermasterError
from accounts.offload import in_database_thread
from accounts.tenancy import platform
from integrations.connections.refresh import refresh
from integrations.models import Credential
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
IN_PARALLEL = 8
LONGEST_REST = timedelta(days=1)
"""A token that expires is refreshed at least so often."""
BEFORE_DEATH = timedelta(hours=12)
"""So long before a refresh token expires, a new one is asked for, whenever the last one came."""
LEAST_REST = timedelta(minutes=10)
"""Where a vendor gives the same refresh token again, it is not asked all the time."""

_Due = tuple[UUID, UUID, int]
"""Tenant, connection, version of the token."""


async def refresh_due(*, at: datetime | None = None) -> int:
    """How many connections were looked after."""
    due = await in_database_thread(find_due, at or timezone.now())
    turn = asyncio.Semaphore(IN_PARALLEL)
    await asyncio.gather(*(_refresh_one(turn, *each) for each in due))
    return len(due)


def find_due(now: datetime) -> list[_Due]:
    """Of active connections: tokens that expire, rested long enough, and are not cooling down after a failure."""
    rested = Q(refreshed_at__lte=now - LONGEST_REST)
    dying = Q(refresh_expires_at__lte=now + BEFORE_DEATH, refreshed_at__lte=now - LEAST_REST)
    with platform():
        rows = Credential.objects.filter(
            rested | dying,
            Q(cool_until=None) | Q(cool_until__lte=now),
            state=CredentialState.CURRENT,
            connection__state=ConnectionState.ACTIVE,
            expires_at__isnull=False,
        )
        found = rows.order_by("refreshed_at").values_list("tenant_id", "connection_id", "token_version")
        return list(found[:MOST_AT_ONCE])


async def _refresh_one(turn: asyncio.Semaphore, tenant_id: UUID, connection_id: UUID, version: int) -> None:
    async with turn:
        try:
            await refresh(tenant_id=tenant_id, connection_id=connection_id, after=version)
        except QuartermasterError as error:
            # The row has it, and an admin sees it there.
            log.info("A token could not be refreshed: %s", error.code, extra={"action": "refresh_failed"})
