"""A token that a person was given, carried as it is (RFC 6750)."""

from collections.abc import Iterable, Mapping

from accounts.errors import Fault
from integrations.connections.auth.base import Held, TokenCall
from integrations.connections.auth.placing import placed, placement_faults
from integrations.egress import EgressRequest
from integrations.format.types import AuthWay

FIELD = "token"


class Bearer:
    carries_token = False

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        return placement_faults(FIELD, way.placement, values.get(FIELD, ""))

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        return placed(request, held.way.placement, held.values[FIELD])

    def ask(self, held: Held) -> TokenCall | None:
        return None
