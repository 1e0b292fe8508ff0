import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from accounts.errors import Invalid
from accounts.roles import Role
from integrations.errors import UpstreamTimeout
from registry import builtins, transports
from registry.errors import ToolNotFound
from registry.transports.base import Declared, Dispatch
from tests.registry.execution.calls import TENANT, a_caller


@pytest.fixture
def slow() -> Iterator[str]:
    async def wait(context: builtins.BuiltinContext, values: Mapping[str, Any]) -> str:
        await asyncio.sleep(values["seconds"])
        return f"done for {context.tenant_id}"

    builtins.register("slow", wait)
    yield "slow"
    builtins.forget("slow")


@pytest.fixture
def told() -> Iterator[list[builtins.BuiltinContext]]:
    """What the function `listens` was told of its calls."""
    contexts: list[builtins.BuiltinContext] = []

    async def listen(context: builtins.BuiltinContext, values: Mapping[str, Any]) -> None:
        contexts.append(context)

    builtins.register("listens", listen)
    yield contexts
    builtins.forget("listens")


async def send(function: str, values: dict[str, Any], **more: Any) -> Any:
    dispatch = Dispatch(
        declared=Declared({"function": function}, {}, {}),
        input=values,
        operation="",
        **{"timeout_seconds": 10, "caller": a_caller(), "egress_networks": None, **more},
    )
    return (await transports.TRANSPORTS["builtin"].send(dispatch)).output


def test_it_accepts_a_function_that_is_there() -> None:
    assert transports.check("builtin", {"function": "clock"}, {}, {}) == []


@pytest.mark.parametrize(
    ("definition", "endpoints", "path"),
    [
        ({}, {}, "$.definition.function"),
        ({"function": 7}, {}, "$.definition.function"),
        ({"function": "nobody"}, {}, "$.definition.function"),
        ({"function": "clock", "url": "http://example.com"}, {}, "$.definition.url"),
        ({"function": "clock"}, {"now": "http://example.com/"}, "$.endpoints"),
    ],
)
def test_it_names_what_is_wrong(definition: dict[str, Any], endpoints: dict[str, str], path: str) -> None:
    assert [fault.path for fault in transports.check("builtin", definition, endpoints, {})] == [path]


async def test_it_calls_the_function_with_its_tenant(slow: str) -> None:
    assert await send(slow, {"seconds": 0}) == f"done for {TENANT}"


async def test_it_tells_who_calls_for_whom_and_for_which_effect(
    told: list[builtins.BuiltinContext],
) -> None:
    caller = a_caller(role=Role.VIEWER)
    await send("listens", {}, caller=caller, idempotency_key="qm-7", end_user="ada")
    [context] = told
    assert (context.caller, context.tenant_id) == (caller, TENANT)
    assert (context.idempotency_key, context.end_user, context.operation) == ("qm-7", "ada", "")


async def test_it_says_when_it_knows_neither_end_user_nor_effect(told: list[builtins.BuiltinContext]) -> None:
    await send("listens", {})
    assert (told[0].idempotency_key, told[0].end_user) == (None, "")


async def test_it_stops_a_function_that_takes_too_long(slow: str) -> None:
    with pytest.raises(UpstreamTimeout) as stopped:
        await send(slow, {"seconds": 30}, timeout_seconds=0.01)
    assert stopped.value.sent is True


async def test_it_says_when_a_function_is_no_longer_there() -> None:
    with pytest.raises(ToolNotFound, match="not part of the running version"):
        await send("nobody", {})


def test_it_refuses_two_functions_of_one_name(slow: str) -> None:
    with pytest.raises(ValueError, match="Two built-in functions are named 'slow'"):
        builtins.register(slow, builtins.named("clock"))  # type: ignore[arg-type]


async def test_the_clock_knows_every_zone_and_refuses_others() -> None:
    told = await send("clock", {"timezone": "Europe/Berlin"})
    assert told["timezone"] == "Europe/Berlin"
    assert told["now"][-6:] in {"+01:00", "+02:00"}
    with pytest.raises(Invalid) as refused:
        await send("clock", {"timezone": "../../etc/passwd"})
    assert [fault.path for fault in refused.value.faults] == ["$.timezone"]
