"""A user name and a password (RFC 7617), in UTF-8. Vendors often want a key in one of them, and the other fixed."""

import base64
from collections.abc import Iterable, Mapping

from accounts.errors import Fault
from integrations.connections.auth.base import Held, TokenCall
from integrations.connections.auth.placing import with_header
from integrations.egress import EgressRequest
from integrations.format.types import AuthWay

USER, PASSWORD = "username", "password"


class Basic:
    carries_token = False

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        if ":" in values.get(USER, ""):
            yield Fault(f"$.values.{USER}", "A user name may not hold a colon: it would end there (RFC 7617).")

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        return with_header(request, "Authorization", basic(_part(held, USER), _part(held, PASSWORD)))

    def ask(self, held: Held) -> TokenCall | None:
        return None


def basic(user: str, password: str) -> str:
    """The header's value."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _part(held: Held, name: str) -> str:
    """What was entered, or the constant that the connector declares as the field's default."""
    default = held.way.fields.get("properties", {}).get(name, {}).get("default", "")
    return held.values.get(name) or str(default)
