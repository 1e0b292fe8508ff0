"""A user name and a password (RFC 7617), in UTF-8. Vendors often want a key in one of them, and the other fixed."""

from collections.abc import Iterable, Mapping

from accounts.errors import Fault
from integrations.connections.auth.base import PASSWORD, USER, Held, TokenCall
from integrations.connections.auth.pairs import pair
from integrations.connections.auth.placing import with_header
from integrations.egress import EgressRequest
from integrations.format.types import AuthWay


class Basic:
    carries_token = False

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        if ":" in values.get(USER, ""):
            yield Fault(f"$.values.{USER}", "A user name may not hold a colon: it would end there (RFC 7617).")

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        return with_header(request, "Authorization", f"Basic {pair(held.part(USER), held.part(PASSWORD))}")

    def ask(self, held: Held) -> TokenCall | None:
        return None
