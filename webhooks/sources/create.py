"""A new source: an address of its own, and how to know who posts to it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.caller import Actor
from accounts.changes import refuse_others
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from accounts.tenants import bump_generation
from webhooks.models import WebhookSource
from webhooks.sources.change import CHANGEABLE
from webhooks.sources.facts import check, set_settings
from webhooks.sources.secrets import keep_secret
from webhooks.sources.token import set_token

GIVEN = (CHANGEABLE - {"settings"}) | {"slug"}


def create_source(
    *,
    tenant_id: UUID,
    by: Actor,
    scheme: str,
    secret: str = "",
    settings: Mapping[str, str] | None = None,
    **facts: Any,
) -> WebhookSource:
    """Inside `within(tenant_id)`. `facts` are fields of the model: `slug` is needed.

    Until it has a secret, or was declared `unsigned`, it refuses whatever comes: some platforms tell the secret only
    when they know the address.

    Raises Forbidden, Conflict when the slug is taken, Invalid with every fault, ValidationError on a bad field.
    """
    by.require(Right.CREDENTIALS)
    refuse_others(facts, GIVEN - {"scheme"})
    source = WebhookSource(tenant_id=tenant_id, scheme=scheme, **{"name": facts.get("slug", ""), **facts})
    found = check(source, settings or {})
    if secret and source.unsigned:
        fault = Fault("$.secret", "An unsigned source has no secret. Leave it out, or leave out `unsigned`.")
        raise Invalid("The source cannot be like this. See `errors`.", faults=[fault])
    set_settings(source, found, settings or {})
    set_token(source)
    source.clean_fields(exclude=["tenant", "token_digest", "sealed_token"])
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"There is a source `{source.slug}` already. Choose another slug.") from error
    if secret:
        keep_secret(source, found, secret)
    record(
        tenant_id=tenant_id,
        actor=by.actor,
        action="webhook_source.created",
        subject=f"webhook_source:{source.id}",
        detail={"slug": source.slug, "scheme": source.scheme, "unsigned": source.unsigned},
    )
    bump_generation(tenant_id)
    return source
