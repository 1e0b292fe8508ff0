"""Tools that are functions of this process: `{"function": "clock"}`."""

import asyncio
import json
from collections.abc import Awaitable
from typing import Any

from accounts.errors import Fault
from integrations.errors import UpstreamTimeout, UpstreamTooLarge
from registry import builtins
from registry.errors import ToolNotFound
from registry.transports.base import Declared, Dispatch, Reply


class BuiltinTransport:
    def check(self, declared: Declared) -> list[Fault]:
        name = declared.definition.get("function")
        faults = [
            Fault(f"$.definition.{key}", "There is no such field here. A built-in tool has `function` only.")
            for key in declared.definition
            if key != "function"
        ]
        if not isinstance(name, str) or builtins.named(name) is None:
            known = ", ".join(builtins.names())
            faults.append(Fault("$.definition.function", f"There is no such function. Choose one of: {known}."))
        if declared.endpoints:
            faults.append(Fault("$.endpoints", "A built-in tool has no endpoints. Leave this out."))
        return faults

    def send(self, dispatch: Dispatch) -> Awaitable[Reply]:
        function = builtins.named(dispatch.declared.definition["function"])
        if function is None:
            raise ToolNotFound("This tool's function is not part of the running version of Quartermaster any more.")
        return _run(function, dispatch)

    def repeatable(self, declared: Declared) -> bool:
        return False


async def _run(function: "builtins.Builtin", dispatch: Dispatch) -> Reply:
    context = builtins.BuiltinContext(
        caller=dispatch.caller,
        operation=dispatch.operation,
        idempotency_key=dispatch.idempotency_key,
        end_user=dispatch.end_user,
        emit=dispatch.emit,
        progress=dispatch.progress,
    )
    try:
        async with asyncio.timeout(dispatch.timeout_seconds):
            output = await function(context, dispatch.input)
    except TimeoutError as error:
        raise UpstreamTimeout(sent=True) from error
    if dispatch.max_output_bytes:
        _refuse_larger(output, dispatch.max_output_bytes)
    return Reply(output)


def _refuse_larger(output: Any, most: int) -> None:
    if len(json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode()) > most:
        raise UpstreamTooLarge(
            f"The tool's answer is larger than {most:,} bytes. Ask it for less, or have an operator raise the tool's "
            "`max_output_bytes`."
        )
