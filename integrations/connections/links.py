"""Links under which an end user connects an account of theirs: good once, for a while, in one browser."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Fault, Forbidden, Invalid, NotFound
from accounts.roles import Right
from accounts.tenancy import platform, within
from integrations.connections.address import read_variables
from integrations.connections.entered import refuse_end_user, way_of
from integrations.connections.holding import registered_client
from integrations.connections.oauth.secrets import digest, is_same, new_secret
from integrations.format.types import Connector, Grant
from integrations.models import ConnectLink

USUAL_SECONDS = 86_400
SHORTEST_SECONDS, LONGEST_SECONDS = 60, 7 * 86_400


@dataclass(frozen=True)
class MadeLink:
    link: ConnectLink
    token: str = field(repr=False)
    """Stands in the address `/connect/<token>/`. This is the only time it is seen."""


def make_link(
    *,
    tenant_id: UUID,
    by: Actor,
    connector: Connector,
    auth: str,
    end_user: str,
    variables: Mapping[str, str] | None = None,
    scopes: Iterable[str] = (),
    return_to: str = "",
    seconds: int = USUAL_SECONDS,
) -> MadeLink:
    """Whoever opens it first connects `end_user`'s account. An end user who has one connects it anew.

    Raises Forbidden, NotFound for an unknown way, Invalid with what is wrong, Conflict where one signs in at the vendor
    and the tenant has no app there yet.
    """
    by.require(Right.CREDENTIALS)
    way = way_of(connector, auth)
    _refuse(end_user, return_to, seconds)
    refuse_end_user(connector, end_user)
    token = new_secret()
    link = ConnectLink(
        tenant_id=tenant_id,
        connector=connector.slug,
        auth=auth,
        variables=read_variables(connector, variables or {}),
        scopes=list(scopes),
        end_user=end_user,
        actor=by.actor,
        token_digest=digest(token),
        return_to=return_to,
        expires_at=timezone.now() + timedelta(seconds=seconds),
    )
    with within(tenant_id):
        if way.oauth and way.oauth.grant is Grant.AUTHORIZATION_CODE:
            registered_client(connector, way)
        link.save(force_insert=True)
        record(
            tenant_id=tenant_id,
            actor=by.actor,
            action="connect_link.made",
            subject=f"connect_link:{link.id}",
            detail={"connector": connector.slug, "auth": auth},
        )
    return MadeLink(link, token)


def find_link(token: str) -> ConnectLink:
    """In any tenant's. Raises NotFound when it is used, expired or made up."""
    with platform():
        link = ConnectLink.objects.filter(
            token_digest=digest(token), used_at=None, expires_at__gt=timezone.now()
        ).select_related("tenant")
        found = link.first()
    if found is None:
        raise NotFound("This link is used up or has expired. Ask whoever sent it for a new one.")
    return found


def bind_link(link: ConnectLink, browser: str) -> str:
    """What the browser has to bring from now on. The first one to come gets it. Raises Forbidden for any other."""
    with within(link.tenant_id):
        if not browser:
            browser = new_secret()
            unbound = ConnectLink.objects.filter(id=link.id, browser_digest=None)
            if unbound.update(browser_digest=digest(browser)):
                return browser
        kept = ConnectLink.objects.get(id=link.id).browser_digest
    if kept is None or not is_same(browser, kept):
        raise Forbidden("This link was opened in another browser. Go on there, or ask for a new one.")
    return browser


def use_up(link: ConnectLink) -> None:
    """In the transaction of what it was for. Raises Forbidden when somebody was faster, or it has expired."""
    now = timezone.now()
    if not ConnectLink.objects.filter(id=link.id, used_at=None, expires_at__gt=now).update(used_at=now):
        raise Forbidden("This link is used up or has expired. Ask whoever sent it for a new one.")


def _refuse(end_user: str, return_to: str, seconds: int) -> None:
    faults = []
    if not (end_user.strip() and len(end_user) <= 200 and end_user.isprintable()):
        faults.append(Fault("$.end_user", "Name the end user in your own words: 1 to 200 characters, on one line."))
    if return_to and not _is_web_address(return_to):
        faults.append(Fault("$.return_to", "Give an https:// or http:// address of at most 2,000 characters."))
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        faults.append(Fault("$.seconds", f"Give {SHORTEST_SECONDS} to {LONGEST_SECONDS:,} seconds."))
    if faults:
        raise Invalid("No link can be made like this. See `errors`.", faults=faults)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and len(url) <= 2_000 and url.isprintable()
