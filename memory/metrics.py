"""What is counted of searches. Labels are words of the product."""

from prometheus_client import Counter, Histogram

from accounts.metrics import PREFIX

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
_RECALLS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)

COMPARED = Histogram(
    f"{PREFIX}memory_comparing_seconds",
    "How long it took to find the nearest vectors, by how: `exact`, or by an index (`ann`).",
    ["route"],
    buckets=_SECONDS,
)
RECALL = Histogram(
    f"{PREFIX}memory_recall",
    "The share of the nearest vectors that an index gave, in searches that were repeated exactly.",
    ["index"],
    buckets=_RECALLS,
)
LOW = Counter(f"{PREFIX}memory_recall_low", "Those of them with less than 0.95.", ["index"])
