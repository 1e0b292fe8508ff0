"""The transports by name. A new one is a file beside these and a line here; `docs/how-to/add-a-transport.md`."""

from collections.abc import Mapping
from typing import Any

from accounts.errors import Fault
from registry.transports.base import Declared, Transport
from registry.transports.builtin import BuiltinTransport
from registry.transports.composite import CompositeTransport
from registry.transports.http import HttpTransport

TRANSPORTS: Mapping[str, Transport] = {
    "builtin": BuiltinTransport(),
    "composite": CompositeTransport(),
    "http": HttpTransport(),
}


def check(
    transport: str, definition: Mapping[str, Any], endpoints: Mapping[str, str], input_schema: Mapping[str, Any]
) -> list[Fault]:
    """What is wrong with a version's way of being called. Empty: it can be published."""
    chosen = TRANSPORTS.get(transport)
    if chosen is None:
        return [Fault("$.transport", f"There is no transport `{transport}`. Choose one of: {', '.join(TRANSPORTS)}.")]
    return chosen.check(Declared(definition, endpoints, input_schema))
