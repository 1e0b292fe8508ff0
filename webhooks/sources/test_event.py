"""A test event: a sample of the source's scheme, signed with its secret, through the door that the platform uses."""

from datetime import UTC, datetime

from accounts import bridge
from accounts.audit import record
from accounts.caller import Actor, Caller
from accounts.errors import Conflict, NotFound
from accounts.ids import new_id
from accounts.roles import Right
from accounts.tenancy import within
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.event import Origin
from webhooks.receiving.find import known_source
from webhooks.receiving.receive import receive
from webhooks.receiving.types import Arrival, KnownSource
from webhooks.receiving.verdict import can_sign
from webhooks.signatures.received import Received
from webhooks.signatures.samples import Sample, samples_of
from webhooks.signatures.sign import sign
from webhooks.sources.address import path_of


def send_test(*, source: WebhookSource, sample: Sample, by: Actor) -> WebhookEvent:
    """The event that became of it, like any other: routes that match it run their tools. Outside any transaction.

    It is one of its own, whatever its id says: it never makes a duplicate of what the platform sends. Of a scheme that
    only the provider can sign for, the verdict says that it was sent from here.

    Raises Forbidden, NotFound, Conflict while there is no secret to sign with.
    """
    by.require(Right.CALL)
    known = known_source(source.tenant_id, source.id)
    if known is None:
        raise NotFound("The source has been removed.")
    at = datetime.now(UTC)
    received = _signed(known, sample.request(known.url or f"https://localhost{path_of('test')}", at), at)
    address = by.address if isinstance(by, Caller) else ""
    arrival = Arrival(new_id(), known, received, address, origin=Origin.TEST)
    _, event = bridge.start(receive(arrival)).result()
    with within(source.tenant_id):
        record(
            tenant_id=source.tenant_id,
            actor=by.actor,
            action="webhook_source.tested",
            subject=f"webhook_source:{source.id}",
            detail={"event": str(event.id)},
        )
    return event


def sample_named(scheme: str, name: str) -> Sample:
    """One of the scheme's; without a name the first. Raises NotFound."""
    samples = samples_of(scheme)
    found = next((sample for sample in samples if name in ("", sample.name)), None)
    if found is None:
        known = ", ".join(f"`{sample.name}`" for sample in samples) or "none"
        raise NotFound(f"The source's scheme has no such sample. There are: {known}.")
    return found


def _signed(known: KnownSource, received: Received, at: datetime) -> Received:
    if known.unsigned or known.scheme is None or not can_sign(known.scheme):
        return received
    secrets = known.secrets_at(at)
    if not secrets:
        raise Conflict("The source has no secret yet to sign a test event with. Add it first.")
    signed = sign(known.scheme, received, secrets[0].text, known.settings, now=at)
    if signed is None:
        raise Conflict("The sample cannot be signed with the source's secret and settings. Check that they are right.")
    return signed
