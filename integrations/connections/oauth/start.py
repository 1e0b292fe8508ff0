"""Sending somebody to a vendor: RFC 6749, 4.1.1, with PKCE (RFC 7636) and a state that is good once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2 import WebApplicationClient
from oauthlib.oauth2.rfc6749.utils import is_secure_transport

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.roles import Right
from accounts.tenancy import within
from integrations.connections.address import filled, read_variables
from integrations.connections.connect import new_connection, save_new
from integrations.connections.entered import way_of
from integrations.connections.holding import connector_of, find, registered_client
from integrations.connections.oauth.requests import joined
from integrations.connections.oauth.secrets import digest, new_secret
from integrations.connections.sealed import seal_verifier
from integrations.format.types import AuthWay, Connector, Grant, OAuth
from integrations.models import Connection, ConnectLink, OAuthFlow

MOST_SECONDS = 600
"""To sign in at the vendor."""
VERIFIER_LENGTH = 64
LONGEST_RETURN = 2_000


@dataclass(frozen=True)
class Started:
    """Where to send the browser, and what it has to bring back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    browser: str = field(repr=False)
    """For a cookie (`oauth/cookie.py`): who brings the state without it is somebody else."""
    connection_id: UUID


def begin(
    *,
    tenant_id: UUID,
    by: Caller,
    connector: Connector,
    auth: str,
    redirect_uri: str,
    variables: Mapping[str, str] | None = None,
    scopes: Iterable[str] = (),
    name: str = "",
    slug: str = "",
    return_to: str = "",
) -> Started:
    """A pending connection, and the way to the vendor for this person. `scopes`: besides the default ones.

    Raises Forbidden, NotFound for an unknown way, Invalid, Conflict on a taken slug or without an app.
    """
    person_id = _person(by)
    _refuse_elsewhere(return_to)
    connection = new_connection(tenant_id, connector, auth, name=name, slug=slug)
    connection.variables = read_variables(connector, variables or {})
    with within(tenant_id):
        save_new(connection)
        flow = OAuthFlow(tenant_id=tenant_id, connection=connection, person_id=person_id, return_to=return_to)
        return send_away(flow, connector, way_of(connector, auth), redirect_uri, scopes)


def begin_again(
    *,
    tenant_id: UUID,
    by: Caller,
    connection_id: UUID,
    redirect_uri: str,
    scopes: Iterable[str] = (),
    return_to: str = "",
) -> Started:
    """The same for a connection that there is. It keeps its id and slug, and what it has until its person is back.

    Raises Forbidden, ConnectionMissing, Invalid, Conflict without an app.
    """
    person_id = _person(by)
    _refuse_elsewhere(return_to)
    with within(tenant_id):
        connection = find(connection_id)
        connector, way = connector_of(connection)
        flow = OAuthFlow(tenant_id=tenant_id, connection=connection, person_id=person_id, return_to=return_to)
        return send_away(flow, connector, way, redirect_uri, [*scopes, *connection.scopes])


def begin_for_link(link: ConnectLink, connector: Connector, *, redirect_uri: str, browser: str) -> Started:
    """For an end user, who has one connection to a service: the one that there is, or a pending one. In the scope.

    Raises Conflict where the one that there is leads to another place than the link.
    """
    connection = Connection.objects.living().filter(connector=link.connector, end_user=link.end_user).first()
    if connection is None:
        connection = new_connection(link.tenant_id, connector, link.auth, end_user=link.end_user)
        connection.variables = read_variables(connector, link.variables)
        save_new(connection)
    elif any(connection.variables.get(name) != value for name, value in link.variables.items()):
        raise Conflict(f"This end user has connected another account of {connector.name}. An admin can disconnect it.")
    flow = OAuthFlow(tenant_id=link.tenant_id, connection=connection, link=link, return_to=link.return_to)
    return send_away(flow, connector, way_of(connector, link.auth), redirect_uri, link.scopes, browser=browser)


def send_away(
    flow: OAuthFlow,
    connector: Connector,
    way: AuthWay,
    redirect_uri: str,
    scopes: Iterable[str],
    *,
    browser: str = "",
) -> Started:
    oauth = _browser_way(connector, way)
    client = registered_client(connector, way)
    authorize_url = filled(oauth.authorize_url, flow.connection.variables)
    if not is_secure_transport(authorize_url):
        raise Invalid(f"Nobody is sent to {connector.name}: its address to sign in at does not begin with https://.")
    state, browser = new_secret(), browser or new_secret()
    protocol = WebApplicationClient(client.id)
    verifier = protocol.create_code_verifier(VERIFIER_LENGTH) if oauth.pkce else ""
    flow.auth, flow.redirect_uri = way.name, redirect_uri
    flow.scopes = _asked(oauth, scopes)
    flow.state_digest, flow.browser_digest = digest(state), digest(browser)
    flow.expires_at = timezone.now() + timedelta(seconds=MOST_SECONDS)
    seal_verifier(flow, verifier)
    flow.save(force_insert=True)
    challenge = protocol.create_code_challenge(verifier, "S256") if verifier else None
    url = protocol.prepare_request_uri(
        authorize_url,
        redirect_uri=redirect_uri,
        state=state,
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    return Started(add_params_to_uri(url, _more(oauth, flow).items()), state, browser, flow.connection_id)


def _more(oauth: OAuth, flow: OAuthFlow) -> dict[str, str]:
    scope = joined(oauth, flow.scopes)
    known = {name: filled(value, flow.connection.variables) for name, value in oauth.authorize_params.items()}
    return {**known, **({oauth.scope_parameter: scope} if scope else {})}


def _asked(oauth: OAuth, more: Iterable[str]) -> list[str]:
    """The default ones, and those of the others that the connector knows of."""
    return list(dict.fromkeys([*oauth.default_scopes, *(scope for scope in more if scope in oauth.scopes)]))


def _browser_way(connector: Connector, way: AuthWay) -> OAuth:
    if way.oauth is None or way.oauth.grant is not Grant.AUTHORIZATION_CODE:
        raise Invalid(f"“{way.title}” does not begin in the browser: enter for {connector.name} what it asks for.")
    return way.oauth


def _refuse_elsewhere(return_to: str) -> None:
    is_here = url_has_allowed_host_and_scheme(return_to, allowed_hosts=None) and return_to.isprintable()
    if return_to and not (is_here and len(return_to) <= LONGEST_RETURN):
        raise Invalid("Nobody is sent to another site afterwards: give a path here, such as `/admin/`.")


def _person(by: Caller) -> UUID:
    by.require(Right.CREDENTIALS)
    if by.person_id is None:
        raise Forbidden("Only a person can sign in at a vendor. Ask one, or make a link for an end user.")
    return by.person_id
