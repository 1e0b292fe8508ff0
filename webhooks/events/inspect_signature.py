"""Why a signature was right or wrong, for an admin's eyes: what was signed, what would be right, and what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webhooks.events.raw import Raw
from webhooks.models import WebhookEvent
from webhooks.receiving.find import known_source
from webhooks.signatures.received import Received
from webhooks.signatures.verdict import Reason, Verdict
from webhooks.signatures.verify import verify


@dataclass(frozen=True)
class Inspection:
    at_receipt: Mapping[str, Any]
    """The verdict that was given then, and that counts."""
    now: Verdict
    """What the source as it is now says of the same request at the same time: with its scheme, settings and secrets."""
    secrets: tuple[UUID, ...]
    """Those that were tried; `now.computed` has a signature for each, where a scheme's can be computed."""


def inspect_signature(event: WebhookEvent, raw: Raw) -> Inspection:
    """Inside the tenant's scope. Nothing is fetched: what is signed with a certificate is not judged anew.

    Raises VaultLocked, SealBroken.
    """
    source = known_source(event.tenant_id, event.source_id)
    if source is None:
        return _unjudged(event, "Its source was removed, and its secrets with it.")
    if source.unsigned:
        return _unjudged(event, "Its source is declared unsigned: nothing is verified.")
    if source.scheme is None:
        return _unjudged(
            event, f"There is no scheme `{source.scheme_name}` any more. Choose another one for the source."
        )
    if raw.body is None or len(raw.body) < event.body_bytes:
        return _unjudged(event, "Its body was not kept whole, and so cannot be verified again.")
    secrets = source.secrets_at(event.received_at)
    verdict = verify(
        source.scheme,
        Received(raw.method, raw.url, raw.headers, raw.body, event.received_at),
        [secret.text for secret in secrets],
        source.settings,
        now=event.received_at,
    )
    return Inspection(event.verdict, verdict, tuple(secret.id for secret in secrets))


def _unjudged(event: WebhookEvent, detail: str) -> Inspection:
    return Inspection(event.verdict, Verdict(valid=False, reason=Reason.NOT_VERIFIABLE, detail=detail), ())
