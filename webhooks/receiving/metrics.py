"""What is counted of each request that came to a source. Labels are words of the product, never names of a tenant's."""

from prometheus_client import Counter, Histogram

from accounts.metrics import PREFIX
from webhooks.models import WebhookEvent

RECEIVED = Counter(
    f"{PREFIX}webhooks_received",
    "Requests that came to a webhook source and were stored, by what became of them.",
    ["status", "reason"],
)
TURNED_AWAY = Counter(
    f"{PREFIX}webhooks_turned_away",
    "Requests that were answered 503, and left nothing, because their process had too many in hand.",
)
SECONDS = Histogram(
    f"{PREFIX}webhook_receiving_seconds",
    "From the first step to the commit.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count(event: WebhookEvent, seconds: float) -> None:
    RECEIVED.labels(str(event.status), event.reason).inc()
    SECONDS.observe(seconds)
