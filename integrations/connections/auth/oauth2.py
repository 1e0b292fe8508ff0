"""OAuth 2.0: calls carry the access token. How the first one is had in the browser is told in `oauth/`."""

from collections.abc import Iterable, Mapping
from functools import partial

from accounts.errors import Fault
from integrations.connections.auth.base import Held, TokenCall
from integrations.connections.auth.placing import placed
from integrations.connections.oauth.answers import read_token
from integrations.connections.oauth.requests import credentials_request, has_client, refresh_request
from integrations.egress import EgressRequest
from integrations.format.types import AuthWay, Grant


class OAuth2:
    carries_token = True

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        return ()

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        return placed(request, held.way.placement, held.access)

    def ask(self, held: Held) -> TokenCall | None:
        oauth = held.way.oauth
        assert oauth is not None  # noqa: S101  the format's reader sees to it
        if not has_client(held):
            return None
        if oauth.grant is Grant.CLIENT_CREDENTIALS:
            request = credentials_request(oauth, held)
        elif held.refresh:
            request = refresh_request(oauth, held)
        else:
            return None
        return TokenCall(request, partial(read_token, oauth, held))
