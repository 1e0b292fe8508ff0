"""Step 4: whether it comes from whom it says. `webhooks/signatures/` knows; the verdict at receipt is kept."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from accounts.errors import QuartermasterError, Unavailable
from registry.shaping.large import by_weight
from webhooks.errors import SignatureInvalid
from webhooks.models.event import Origin
from webhooks.receiving.certificates import certificates
from webhooks.receiving.types import Arrival, KnownSecret, KnownSource, Refused
from webhooks.signatures.methods import SHARED
from webhooks.signatures.types import Scheme
from webhooks.signatures.verdict import Reason, Verdict
from webhooks.signatures.verify import verify

UNSIGNED = "unsigned"
SENT_HERE = "sent_here"
"""A test event of a scheme that only the provider can sign for."""
_AGAIN_SECONDS = 30
_threads = ThreadPoolExecutor(4, thread_name_prefix="webhook-certificates")
"""Of their own: whoever knows an address can name certificates that are slow to come, and holds up nothing else."""


async def judge(arrival: Arrival) -> tuple[dict[str, Any], str]:
    """The verdict as it is stored, and what may be used once only. Raises Refused with a verdict that is not valid."""
    source, at = arrival.source, arrival.received.at
    if source.unsigned:
        return _stored(source, at, valid=False, reason=UNSIGNED), ""
    if arrival.origin is Origin.TEST and source.scheme is not None and not can_sign(source.scheme):
        return _stored(source, at, valid=True, reason=SENT_HERE), ""
    secrets = source.secrets_at(at)
    verdict = await _verify(arrival, secrets)
    secret = None if verdict.secret_index is None else str(secrets[verdict.secret_index].id)
    stored = _stored(source, at, valid=verdict.valid, reason=verdict.reason, secret=secret)
    if not verdict.valid:
        raise Refused(verdict.reason, verdict.detail, _answer(verdict), verdict=stored)
    return stored, verdict.once


def can_sign(scheme: Scheme) -> bool:
    """Whether we have what its requests are signed with."""
    return all(signature.method in SHARED for signature in scheme.signatures)


async def _verify(arrival: Arrival, secrets: tuple[KnownSecret, ...]) -> Verdict:
    source, received = arrival.source, arrival.received
    if source.scheme is None:
        detail = f"There is no scheme `{source.scheme_name}` any more. Choose another one for the source."
        return Verdict(valid=False, reason=Reason.SETTINGS_INVALID, detail=detail)
    if source.scheme.unsigned:
        detail = "The scheme signs nothing, and nobody has declared the source unsigned: anybody could post to it."
        return Verdict(valid=False, reason=Reason.NO_SECRET, detail=detail)
    texts = [secret.text for secret in secrets]
    work = partial(
        verify, source.scheme, received, texts, source.settings, now=received.at, certificates=certificates()
    )
    if source.scheme.needs_certificate:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)  # it may have to be fetched
    return await by_weight(len(received.body), work)


def _stored(
    source: KnownSource, at: datetime, *, valid: bool, reason: str, secret: str | None = None
) -> dict[str, Any]:
    return {
        "scheme": source.scheme_name,
        "valid": valid,
        "reason": str(reason),
        "secret": secret,
        "checked_at": at.isoformat(),
    }


def _answer(verdict: Verdict) -> QuartermasterError:
    """The sender is not told what would have been right."""
    if verdict.reason == Reason.CERTIFICATE_UNAVAILABLE:
        return Unavailable("The signer's certificate is away. Send the event again.", retry_after=_AGAIN_SECONDS)
    return SignatureInvalid()
