"""What a circuit did, as an audit entry and event. Written by the process whose call it was."""

from prometheus_client import Counter

from accounts.audit import record
from accounts.metrics import PREFIX
from accounts.offload import in_database_thread
from accounts.tenancy import within
from registry.breakers.circuit import Circuit

ACTOR = "system:breaker"
ACTIONS = {"breaker.opened": "open", "breaker.half_opened": "half_open", "breaker.closed": "closed"}
"""With the state that each leads to."""
TRANSITIONS = Counter(f"{PREFIX}breaker_transitions", "Circuits that changed their state, by the new one.", ["to"])


async def tell_opened(circuit: Circuit, *, tool: str, version: str, failures: int, calls: int) -> None:
    await in_database_thread(_opened, circuit, tool, version, failures, calls)
    TRANSITIONS.labels("open").inc()


async def tell_half_opened(circuit: Circuit, *, tool: str, version: str) -> None:
    await in_database_thread(_half_opened, circuit, tool, version)
    TRANSITIONS.labels("half_open").inc()


async def tell_closed(circuit: Circuit, *, tool: str, version: str) -> None:
    await in_database_thread(_closed, circuit, tool, version)
    TRANSITIONS.labels("closed").inc()


def _opened(circuit: Circuit, tool: str, version: str, failures: int, calls: int) -> None:
    with within(circuit.tenant_id):
        record(
            tenant_id=circuit.tenant_id,
            actor=ACTOR,
            action="breaker.opened",
            subject=f"version:{circuit.version_id}",
            detail={"tool": tool, "version": version, "failures": failures, "calls": calls, **_whose(circuit)},
        )


def _half_opened(circuit: Circuit, tool: str, version: str) -> None:
    with within(circuit.tenant_id):
        record(
            tenant_id=circuit.tenant_id,
            actor=ACTOR,
            action="breaker.half_opened",
            subject=f"version:{circuit.version_id}",
            detail={"tool": tool, "version": version, **_whose(circuit)},
        )


def _closed(circuit: Circuit, tool: str, version: str) -> None:
    with within(circuit.tenant_id):
        record(
            tenant_id=circuit.tenant_id,
            actor=ACTOR,
            action="breaker.closed",
            subject=f"version:{circuit.version_id}",
            detail={"tool": tool, "version": version, **_whose(circuit)},
        )


def _whose(circuit: Circuit) -> dict[str, str]:
    return {"connection": str(circuit.connection_id)} if circuit.connection_id else {}
