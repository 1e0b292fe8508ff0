"""Calls and targets for tests of single steps, without a database."""

from typing import Any
from uuid import UUID

from accounts.caller import Caller
from accounts.ids import new_id
from accounts.roles import Role
from registry.breakers.settings import USUAL
from registry.execution.types import Target, ToolCall
from registry.retries import Backoff
from registry.transports.base import Declared

TENANT = UUID("01900000-0000-7000-8000-000000000001")
AGENT = UUID("01900000-0000-7000-8000-000000000002")


def a_caller(**changes: Any) -> Caller:
    facts: dict[str, Any] = {
        "tenant_id": TENANT,
        "tenant_slug": "acme",
        "generation": 1,
        "role": Role.OPERATOR,
        "agent_id": AGENT,
    }
    return Caller(**{**facts, **changes})


def a_call(values: dict[str, Any] | None = None, *, caller: Caller | None = None, **changes: Any) -> ToolCall:
    return ToolCall(caller=caller or a_caller(), tool="crm-find", input=values or {}, **changes)


def a_target(*, definition: dict[str, Any] | None = None, **changes: Any) -> Target:
    declared = Declared(
        definition=definition if definition is not None else {"method": "POST", "url": "http://upstream.invalid/"},
        endpoints=changes.pop("endpoints", {}),
        input_schema=changes.pop("input_schema", {"type": "object"}),
    )
    facts: dict[str, Any] = {
        "tool_id": new_id(),
        "slug": "crm-find",
        "version_id": new_id(),
        "version": "1.0.0",
        "transport": "http",
        "declared": declared,
        "output_schema": None,
        "permissions": frozenset(),
        "timeout_ms": 5000,
        "attempts": 1,
        "read_only": False,
        "idempotent": False,
        "backoff": Backoff(),
        "breaker": USUAL,
        "hold": None,
        "cache_seconds": 0,
        "cache_epoch": "0.0",
        "limits": None,
        "own_limits": None,
        "egress_networks": None,
        "excluded_providers": frozenset(),
    }
    return Target(**{**facts, **changes})
