"""Who may have which slug: one living tool of a tenant, or one that all share, never both."""

from collections.abc import Iterable

from django.db import connection

from registry.errors import SlugTaken
from registry.models import Tool

_LOCK_CLASS = 0x51_4D_01
"""Of PostgreSQL's advisory locks with two keys, those of this number are ours for slugs."""


def claim_slugs(slugs: Iterable[str]) -> None:
    """Wait until no other transaction is registering one of these, and keep others waiting until this one ends.

    A tenant's slug and a shared one do not meet in a unique index. In order, so that two batches never wait for
    each other.
    """
    with connection.cursor() as cursor:
        for slug in sorted(set(slugs)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_CLASS, slug])


def refuse_taken(slug: str) -> None:
    """Raise SlugTaken when the scope sees a living tool of this slug: its tenant's own, a shared one, or anybody's."""
    taken = Tool.objects.living().filter(slug=slug).first()
    if taken is None:
        return
    if taken.tenant_id is None:
        raise SlugTaken(f"The slug `{slug}` belongs to a tool that all tenants share. Choose another slug.")
    raise SlugTaken(f"There is a tool `{slug}` already. Choose another slug, or retire that tool.")
