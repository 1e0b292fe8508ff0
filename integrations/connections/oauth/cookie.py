"""The cookie that binds a sign-in to the browser it began in. One for each, so that several tabs do not disturb."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from integrations.connections.links import LONGEST_SECONDS
from integrations.connections.oauth.secrets import digest
from integrations.connections.oauth.start import MOST_SECONDS, Started

CALLBACK = "/oauth/callback/"


def bind(response: HttpResponse, started: Started) -> None:
    """`Lax`: the way back from the vendor is a link from another site."""
    response.set_cookie(
        _name(started.state),
        started.browser,
        max_age=MOST_SECONDS,
        path=CALLBACK,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def brought(request: HttpRequest, state: str) -> str:
    """Empty when this browser was given none."""
    return request.COOKIES.get(_name(state), "")


def forget(response: HttpResponse, state: str) -> None:
    response.delete_cookie(_name(state), path=CALLBACK, samesite="Lax")


def bind_for_link(response: HttpResponse, link_id: UUID, browser: str, *, path: str) -> None:
    """Whoever opened the link first may come back to it until it expires."""
    response.set_cookie(
        _link_name(link_id),
        browser,
        max_age=LONGEST_SECONDS,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def brought_for_link(request: HttpRequest, link_id: UUID) -> str:
    return request.COOKIES.get(_link_name(link_id), "")


def _link_name(link_id: UUID) -> str:
    return f"qm_link_{link_id.hex}"


def _name(state: str) -> str:
    return f"qm_oauth_{digest(state).hex()[:16]}"
