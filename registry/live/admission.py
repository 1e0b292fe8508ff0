"""Who may open a live socket: a signed-in person from our own pages, or an agent with its key.

A browser sends its cookies whichever page opens the socket, so a session is good only from our own origin. A key is
sent by nobody but its owner and needs no origin.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.http.request import validate_host

from accounts.authenticate import authenticate
from accounts.caller import Caller
from accounts.errors import Forbidden, Malformed, Unauthenticated
from accounts.middleware import signed_in
from accounts.networks import client_address
from accounts.roles import Right

_JOINED = {"cookie": "; ", "x-forwarded-for": ","}
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Visitor:
    tenant_id: UUID
    """The one that is looked at."""
    actor: str


def admit(headers: Mapping[str, str], peer: str) -> Visitor:
    """Whose socket this is; `peer` is who is connected to us.

    Ask again while it is open: keys are revoked, people sign out.

    Raises Unauthenticated, or Forbidden for a foreign origin, for an address that is not allowed, and for a role that
    may not read.
    """
    if "authorization" in headers:
        address = client_address(peer, headers.get("x-forwarded-for", ""))
        caller = authenticate(headers["authorization"], address)
    else:
        caller = _person(headers, peer)
        if not is_own_origin(headers.get("origin", ""), headers.get("host", "")):
            raise Forbidden(
                "This page is not one of ours, so your session does not open a socket for it. "
                "Send an API key, or have an operator name the page's origin in CORS_ALLOWED_ORIGINS."
            )
    caller.require(Right.READ)
    return Visitor(caller.tenant_id, caller.actor)


def _person(headers: Mapping[str, str], peer: str) -> Caller:
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": headers.get("x-forwarded-for", "")}
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(
        parse_cookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    )
    request.user = get_user(request)
    caller = signed_in(request)
    if caller is None:
        raise Unauthenticated("Nobody is signed in here. Sign in, or send `Authorization: Bearer qm_…`.")
    return caller


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin was served by us: by the very host that it asks now, or by one that is trusted."""
    if not origin:
        return False
    if origin in settings.CORS_ALLOWED_ORIGINS or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    scheme, own = _address(origin)
    if scheme not in _DEFAULT_PORTS or (settings.SECURE_HTTPS and scheme != "https"):
        return False
    _, asked = _address(f"{scheme}://{host}")
    return own == asked and own is not None and validate_host(own[0], settings.ALLOWED_HOSTS)


def _address(origin: str) -> tuple[str, tuple[str, int] | None]:
    """Scheme, and host and port; no host when it cannot be read."""
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", None
    if not host:
        return parts.scheme, None
    bracketed = f"[{host}]" if ":" in host else host
    return parts.scheme, (bracketed, port or _DEFAULT_PORTS.get(parts.scheme, 0))


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers that count here. Raises Malformed when one of them comes twice."""
    found: dict[str, str] = {}
    for name, value in raw:
        key = name.decode("latin-1").lower()
        if key not in ("authorization", "cookie", "origin", "host", "x-forwarded-for"):
            continue
        if key in found and key not in _JOINED:
            raise Malformed(f"The header `{key}` came twice. Send it once.")
        text = value.decode("latin-1")
        found[key] = f"{found[key]}{_JOINED[key]}{text}" if key in found else text
    return found
