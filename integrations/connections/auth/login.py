"""A call with what a person entered gives a token, which the other calls carry."""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from urllib.parse import urlencode

from accounts.errors import Fault
from integrations.connections.address import filled
from integrations.connections.auth.base import Held, Refusal, Token, TokenCall
from integrations.connections.auth.placing import placed
from integrations.connections.oauth.answers import SAID
from integrations.connections.words import answered, found, seconds, words
from integrations.egress import EgressRequest, EgressResponse
from integrations.errors import UpstreamBroken
from integrations.format.types import AuthWay, BodyFormat, Login


class LoginCall:
    carries_token = True

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        return ()

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        return placed(request, held.way.placement, held.access)

    def ask(self, held: Held) -> TokenCall | None:
        login = held.way.login
        assert login is not None  # noqa: S101  the format's reader sees to it
        return TokenCall(_request(login, held), partial(_read, login, held))


def _request(login: Login, held: Held) -> EgressRequest:
    url = filled(login.url, held.variables)
    body = {wire: held.values.get(name, "") for wire, name in login.body.items()}
    as_json = login.body_format is BodyFormat.JSON
    headers = {
        "Accept": "application/json",
        "Content-Type": "application/json" if as_json else "application/x-www-form-urlencoded",
    }
    content = json.dumps(body) if as_json else urlencode(body)
    absolute = url if login.is_absolute else f"{held.base_url}{url}"
    return EgressRequest(login.method, absolute, headers, content.encode(), secrets=held.secrets)


def _read(login: Login, held: Held, response: EgressResponse) -> Token:
    if not 200 <= response.status < 300:
        raise Refusal(words(response, *SAID, secrets=held.secrets), status=response.status)
    value = answered(response)
    token = found(login.token_path, value)
    if not isinstance(token, str) or not token:
        raise UpstreamBroken("The service's answer holds no token where its connector says that it stands.")
    return Token(token, lifetime_seconds=seconds(found(login.expires_in_path, value)) or login.lifetime_seconds)
