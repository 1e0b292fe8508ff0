"""Step 3: handshakes, by which a platform finds out that somebody is there. They are answered as the scheme says."""

from functools import partial

from accounts.offload import in_database_thread
from registry.shaping.large import by_weight
from webhooks.receiving.types import Answer, Arrival
from webhooks.signatures.challenge import Reply, challenge_of
from webhooks.signatures.types import Scheme
from webhooks.sources.secrets import keep_delivered


async def greet(arrival: Arrival) -> Answer | None:
    """None: it is no handshake. A secret that comes with it becomes the source's, while there is none."""
    source = arrival.source
    if source.scheme is None or not source.scheme.challenges:
        return None
    reply = await by_weight(len(arrival.received.body), partial(_reply, source.scheme, arrival))
    if reply is None:
        return None
    if reply.keep is not None and not await in_database_thread(
        keep_delivered, tenant_id=source.tenant_id, source_id=source.id, secret=reply.keep
    ):
        return None
    return Answer(reply.status, reply.headers, reply.body)


def _reply(scheme: Scheme, arrival: Arrival) -> Reply | None:
    source, received = arrival.source, arrival.received
    texts = [secret.text for secret in source.secrets_at(received.at)]
    return challenge_of(scheme, received, texts, source.settings, now=received.at)
