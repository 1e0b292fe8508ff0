"""How a request proves who calls: a file for each type, all with the same verbs (`base.py`)."""

from functools import cache

from django.utils.module_loading import import_string

from integrations.connections.auth.base import Held, Scheme, Token, TokenCall
from integrations.format.types import AuthType

__all__ = ["SCHEMES", "Held", "Scheme", "Token", "TokenCall", "scheme"]

# By dotted path, so that what one of them stands on is loaded by those who use it.
SCHEMES = {
    AuthType.NONE: "integrations.connections.auth.none.Nothing",
    AuthType.API_KEY: "integrations.connections.auth.api_key.ApiKey",
    AuthType.BASIC: "integrations.connections.auth.basic.Basic",
    AuthType.BEARER: "integrations.connections.auth.bearer.Bearer",
    AuthType.OAUTH2: "integrations.connections.auth.oauth2.OAuth2",
    AuthType.LOGIN: "integrations.connections.auth.login.LoginCall",
    AuthType.SIGV4: "integrations.connections.auth.sigv4.SigV4",
}


@cache
def scheme(kind: AuthType) -> Scheme:
    made: Scheme = import_string(SCHEMES[kind])()
    return made
