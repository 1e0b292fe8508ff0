"""Changing what a source is called, how its requests are signed, and what it takes."""

from collections.abc import Mapping
from typing import Any

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict
from accounts.roles import Right
from accounts.tenants import bump_generation
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.sources.facts import check, set_settings, settings_of
from webhooks.sources.find import lock_source

CHANGEABLE = frozenset(
    (
        *("name", "scheme", "settings", "unsigned", "public_url", "max_body_bytes", "rate_limit", "allowed_networks"),
        *("event_id_at", "event_type_at", "retention_days"),
    )
)
"""Not the slug, by which routes know it; its state, token and secrets have verbs of their own."""


def change_source(*, source: WebhookSource, by: Actor, changes: Mapping[str, Any]) -> WebhookSource:
    """Set the fields that differ, from the next request on. Of `settings`, those that are named; empty takes one away.

    Raises Forbidden, NotFound, Invalid with every fault, ValidationError on a bad field, Conflict when it is to be
    unsigned and has secrets.
    """
    by.require(Right.CREDENTIALS)
    refuse_others(changes, CHANGEABLE)
    source = lock_source(source.id)
    before = settings_of(source)
    settings = before | dict(changes.get("settings") or {})
    changed = [name for name, value in changes.items() if name != "settings" and getattr(source, name) != value]
    for name in changed:
        setattr(source, name, changes[name])
    settings = {name: text for name, text in settings.items() if text}
    if not changed and settings == before:
        return source
    scheme = check(source, settings)
    set_settings(source, scheme, settings)
    source.clean_fields(exclude=["tenant", "token_digest", "sealed_token"])
    if "unsigned" in changed and source.unsigned:
        _refuse_secrets(source)
    source.save(update_fields=[*changed, "settings", "sealed_settings", "updated_at"])
    record(
        tenant_id=source.tenant_id,
        actor=by.actor,
        action="webhook_source.changed",
        subject=f"webhook_source:{source.id}",
        detail={"fields": sorted([*changed, *(["settings"] if settings != before else [])])},
    )
    bump_generation(source.tenant_id)
    return source


def _refuse_secrets(source: WebhookSource) -> None:
    if WebhookSecret.objects.filter(source=source).exists():
        raise Conflict("The source has secrets, so what comes is signed. Take them away before it can be unsigned.")
