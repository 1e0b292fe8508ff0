"""What the corridor counts of each call. Labels are words of the product, never names that a tenant chose."""

from collections.abc import Mapping

from prometheus_client import Counter, Histogram

from accounts.errors import QuartermasterError
from accounts.metrics import PREFIX
from registry.execution.passage import Passage
from registry.execution.types import STEPS, Ending
from registry.models.execution import Status

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STEP_SECONDS = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 1, 5, 30)

EXECUTIONS = Counter(
    f"{PREFIX}executions",
    "Calls of tools that came to an end, by how: `code` is that of the problem, empty for a success.",
    ["status", "code", "transport", "cached"],
)
DURATION = Histogram(
    f"{PREFIX}execution_seconds",
    "From the first step to the last but one, with the time that the tool took.",
    ["transport"],
    buckets=_SECONDS,
)
STEP = Histogram(
    f"{PREFIX}execution_step_seconds", "The same by step of the corridor.", ["step"], buckets=_STEP_SECONDS
)
LIMITED = Counter(
    f"{PREFIX}limit_refusals",
    "Calls that a limit refused, by whose and which: `tool-minute`, `agent-concurrency`, `tenant-month`.",
    ["limit"],
)
ATTEMPTS = Counter(f"{PREFIX}upstream_attempts", "Times that a call left for its tool.", ["transport"])

_STEPS: Mapping[str, Histogram] = {step: STEP.labels(step) for step in STEPS}


def count(passage: Passage, ending: Ending) -> None:
    """Called once for each call whose outcome this process recorded."""
    transport = passage.target.transport if passage.target else ""
    cached = ending.answer is not None and ending.answer.cached
    count_ending(ending.status, ending.error, transport, ending.attempts, cached=cached)
    DURATION.labels(transport).observe(sum(passage.timings.values()) / 1_000_000)
    if ending.error is not None and isinstance(limit := ending.error.extra.get("limit"), dict):
        LIMITED.labels(limit["name"]).inc()
    for step, microseconds in passage.timings.items():
        _STEPS[step].observe(microseconds / 1_000_000)


def count_ending(
    status: Status, error: QuartermasterError | None, transport: str, attempts: int, *, cached: bool = False
) -> None:
    """All there is to count of one that no process ran to its end: how long it waited says nothing about its tool."""
    EXECUTIONS.labels(status.value, error.code if error else "", transport, "yes" if cached else "no").inc()
    if attempts:
        ATTEMPTS.labels(transport).inc(attempts)
