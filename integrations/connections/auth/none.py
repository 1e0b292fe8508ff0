"""Services that ask nobody who they are."""

from collections.abc import Iterable, Mapping

from accounts.errors import Fault
from integrations.connections.auth.base import Held, TokenCall
from integrations.egress import EgressRequest
from integrations.format.types import AuthWay


class Nothing:
    carries_token = False

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        return ()

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        return request

    def ask(self, held: Held) -> TokenCall | None:
        return None
