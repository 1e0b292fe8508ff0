"""Back from the vendor: the state is used up, the code exchanged, the token proven and kept.

RFC 6749, 4.1.2 to 4.1.4; RFC 9207 for `iss`; RFC 9700 (4.2, 4.4, 4.7) for what is checked.
"""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenancy import platform, within
from integrations.connections.account import rules_for
from integrations.connections.address import base_url_so_far, keep_variables
from integrations.connections.auth import Held, Token
from integrations.connections.auth.base import Refusal
from integrations.connections.connect import note_proof, record_connected
from integrations.connections.credentials import keep_credential
from integrations.connections.entered import way_of
from integrations.connections.holding import client_for, connector_of
from integrations.connections.links import use_up
from integrations.connections.oauth.answers import read_token
from integrations.connections.oauth.requests import code_request
from integrations.connections.oauth.secrets import digest, is_same
from integrations.connections.proving import Proof, prove, refused
from integrations.connections.sealed import open_token, open_verifier
from integrations.connections.words import masked, quoting
from integrations.egress import EgressRules
from integrations.egress.blocking import send
from integrations.errors import CredentialRefused
from integrations.format.types import Connector, OAuth
from integrations.models import Connection, Credential, OAuthFlow
from integrations.models.credential import CredentialState

LOST = (
    "This sign-in is over: it was used, took longer than ten minutes, or was begun by somebody else or in another "
    "browser. Begin again."
)


@dataclass(frozen=True)
class Returned:
    """What the vendor sends along, as it stands in the query."""

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    error_description: str = ""
    iss: str = ""


@dataclass(frozen=True)
class _Exchange:
    """All that is needed outside of a transaction."""

    flow: OAuthFlow
    connector: Connector
    oauth: OAuth
    held: Held
    verifier: str = field(repr=False)
    rules: EgressRules


def finish(*, returned: Returned, browser: str, by: Caller | None) -> OAuthFlow:
    """The flow, its connection active with a new credential. Outside any transaction: it waits for the vendor.

    `browser` is what the browser brought, `by` who is signed in there. Raises Forbidden when they are not those that
    began, CredentialRefused in the vendor's words, a leaf of UpstreamFailure. What the connection had before stays.
    """
    exchange = _taken(returned, browser, by)
    _refuse_error(exchange, returned)
    _refuse_other_issuer(exchange, returned.iss)
    token, proof = _exchanged(exchange, returned.code)
    with within(exchange.flow.tenant_id):
        exchange.flow.connection = _kept(exchange, token, proof)
    return exchange.flow


def _taken(returned: Returned, browser: str, by: Caller | None) -> _Exchange:
    """Whoever else brings the state leaves it as it is."""
    with platform():
        flow = OAuthFlow.objects.filter(state_digest=digest(returned.state)).first()
    if flow is None or not is_same(browser, flow.browser_digest):
        raise Forbidden(LOST)
    if flow.person_id is not None:
        _require_same_person(flow, by)
    with within(flow.tenant_id):
        now = timezone.now()
        if not OAuthFlow.objects.filter(id=flow.id, used_at=None, expires_at__gt=now).update(used_at=now):
            raise Forbidden(LOST)
        return _exchange(OAuthFlow.objects.select_related("connection", "link").get(id=flow.id), returned)


def _require_same_person(flow: OAuthFlow, by: Caller | None) -> None:
    if by is None or (by.person_id, by.tenant_id) != (flow.person_id, flow.tenant_id):
        raise Forbidden(LOST)
    by.require(Right.CREDENTIALS)


def _exchange(flow: OAuthFlow, returned: Returned) -> _Exchange:
    connector, _ = connector_of(flow.connection)
    verifier = open_verifier(flow)
    way = way_of(connector, flow.auth)
    variables = flow.connection.variables
    assert way.oauth is not None  # noqa: S101  `start` sent nobody away otherwise
    return _Exchange(
        flow=flow,
        connector=connector,
        oauth=way.oauth,
        held=Held(
            way,
            base_url_so_far(connector, variables),
            variables,
            client=client_for(connector, way),
            once=(returned.code, verifier),
        ),
        verifier=verifier,
        rules=rules_for(Tenant.objects.get(id=flow.tenant_id)),
    )


def _refuse_error(exchange: _Exchange, returned: Returned) -> None:
    if returned.error or not returned.code:
        said = masked(returned.error_description or returned.error, exchange.held.secrets) or "nothing"
        raise CredentialRefused(
            f"Signing in at {exchange.connector.name} was not completed. {quoting(said)} "
            "Nothing was saved; begin again."
        )


def _refuse_other_issuer(exchange: _Exchange, iss: str) -> None:
    """Against mix-up: a code of one authorization server is not shown to another one."""
    expected = exchange.oauth.issuer
    if not iss and not expected:
        return
    ours = iss == expected if expected else _origin(iss) == _origin(exchange.oauth.authorize_url)
    if not ours:
        raise Forbidden(f"The answer does not come from {exchange.connector.name}. Nothing was saved; begin again.")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _exchanged(exchange: _Exchange, code: str) -> tuple[Token, Proof]:
    request = code_request(
        exchange.oauth, exchange.held, code=code, redirect_uri=exchange.flow.redirect_uri, verifier=exchange.verifier
    )
    try:
        token = read_token(exchange.oauth, exchange.held, send(request, rules=exchange.rules))
    except Refusal as refusal:
        raise refused(exchange.connector, refusal) from refusal
    held = replace(
        exchange.held,
        access=token.access,
        refresh=token.refresh,
        variables=keep_variables(exchange.connector, exchange.held.variables, token.kept),
    )
    return token, prove(exchange.connector, held, exchange.rules)


def _kept(exchange: _Exchange, token: Token, proof: Proof) -> Connection:
    flow = exchange.flow
    connection = Connection.objects.living().select_for_update().filter(id=flow.connection_id).first()
    if connection is None:
        raise Conflict("The connection was disconnected meanwhile. Connect the service anew.")
    if flow.link is not None:
        use_up(flow.link)
    before = Credential.objects.filter(connection=connection, state=CredentialState.CURRENT).first()
    if not token.refresh and before is not None and proof.account and proof.account == connection.account:
        # A vendor may give one only when somebody consents for the first time. For another account it is useless.
        token = replace(token, refresh=open_token(before)[1])
    note_proof(connection, exchange.connector, exchange.held.way, replace(proof, token=token))
    connection.auth = flow.auth
    connection.scopes = list(token.scopes if token.scopes is not None else flow.scopes)
    connection.save()
    credential = keep_credential(connection, {}, token)
    actor = flow.link.actor if flow.link else f"person:{flow.person_id}"
    record_connected(connection, credential, actor=actor, is_new=before is None, link=flow.link)
    return connection
