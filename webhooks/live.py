"""Telling a tenant's open pages that something happened with its webhooks."""

from uuid import UUID

from registry.live.changes import tell_change

WHAT = "webhooks"


def tell_pages(tenant_id: UUID) -> None:
    """An event came, a run or a delivery went on. Returns at once, and may be called as often as things happen."""
    tell_change(tenant_id, WHAT)
