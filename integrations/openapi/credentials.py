"""Which parameters carry a credential: a connection gives that, and a model never sees or sends one."""

import re
from collections.abc import Mapping
from typing import Any

_LETTERS = re.compile(r"[^a-z0-9]")
_ALWAYS = frozenset(
    (
        *(
            "authorization",
            "proxyauthorization",
            "xauthorization",
            "cookie",
            "apikey",
            "xapikey",
            "xapitoken",
            "apitoken",
        ),
        *("accesstoken", "xaccesstoken", "authtoken", "xauthtoken", "bearertoken", "oauthtoken", "refreshtoken"),
        *("clientsecret", "secretkey", "appsecret", "apisecret", "ocpapimsubscriptionkey"),
        *("xfunctionskey", "xclientsecret", "oauthconsumerkey", "oauthsignature", "oauthnonce"),
    )
)
_WHERE_IT_SAYS_SO = {
    "body": frozenset({"token", "secret"}),  # a `key` or a `password` in a body is what the call is about
    "": frozenset({"token", "xtoken", "key", "auth", "secret", "session", "sessiontoken", "sessionid"}),
}
_SAYS_SO = re.compile(
    r"api[ -]?key|access[ -]?token|auth(?:entication|orization)? (?:token|key|header)|bearer|authenticat"
    r"|your (?:\w+ )?(?:api )?`?(?:token|secret)",
    re.IGNORECASE,
)


def carries_credential(
    wire: str, place: str, parameter: Mapping[str, Any], schemes: frozenset[tuple[str, str]]
) -> bool:
    """`schemes` are the places and names, in lower case, that the document's own API keys go to."""
    if (place, wire.lower()) in schemes or is_always_one(wire):
        return True
    described = parameter.get("description")
    doubtful = _WHERE_IT_SAYS_SO.get(place, _WHERE_IT_SAYS_SO[""])
    return (
        _LETTERS.sub("", wire.lower()) in doubtful
        and isinstance(described, str)
        and bool(_SAYS_SO.search(described[:500]))
    )


def is_always_one(wire: str) -> bool:
    """By its name alone, wherever it stands."""
    return _LETTERS.sub("", wire.lower()) in _ALWAYS
