"""Connecting a service with what a person entered. Where one signs in at the vendor: `oauth/start.py`."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Conflict, Fault, Invalid
from accounts.models import Tenant
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.account import rules_for
from integrations.connections.address import base_url_so_far, read_variables
from integrations.connections.auth import Held
from integrations.connections.credentials import keep_credential
from integrations.connections.entered import read_values, refuse_end_user, refuse_name, way_of
from integrations.connections.holding import client_for, locked
from integrations.connections.links import use_up
from integrations.connections.pinning import pin
from integrations.connections.proving import Proof, prove
from integrations.format.types import AuthType, AuthWay, Connector, Grant
from integrations.models import Connection, ConnectLink, Credential
from integrations.models.connection import ConnectionState

MOST_SLUGS = 1_000


def connect(
    *,
    tenant_id: UUID,
    by: Actor,
    connector: Connector,
    auth: str,
    values: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    name: str = "",
    slug: str = "",
    end_user: str = "",
    is_default: bool = False,
    check: bool = True,
) -> Connection:
    """An active connection, once the service has taken the credential. Outside any transaction: it waits for that.

    Raises Forbidden, NotFound for an unknown way, Invalid with every fault, CredentialRefused in the vendor's words,
    a leaf of UpstreamFailure when nobody answered, Conflict on a taken slug. Then nothing was saved. `check=False` asks
    nobody.
    """
    by.require(Right.CREDENTIALS)
    if end_user and is_default:
        fault = Fault("$.is_default", "Only a connection of the tenant's can be the default.")
        raise Invalid("An end user's connection serves their own calls only.", faults=[fault])
    connection = new_connection(tenant_id, connector, auth, name=name, slug=slug, end_user=end_user)
    connection.variables, connection.is_default = dict(variables or {}), is_default
    return establish(connection, connector, values, actor=by.actor, check=check)


def establish(
    connection: Connection,
    connector: Connector,
    values: Mapping[str, str],
    *,
    actor: str,
    check: bool = True,
    link: ConnectLink | None = None,
) -> Connection:
    """The same for whoever was let in otherwise: by a link, which is used up by it. A connection that there is gets
    a new credential in the place of its own."""
    way, tenant_id = way_of(connector, connection.auth), connection.tenant_id
    refuse_browser_way(connector, way)
    entered, variables = read_values(way, values), read_variables(connector, connection.variables)
    proof = Proof(variables, checked=False)
    if check:
        proof = prove_entered(tenant_id, connector, way, variables, entered)
    with within(tenant_id):
        if link is not None:
            use_up(link)
        is_new = connection._state.adding
        connection = connection if is_new else _again(connection)
        note_proof(connection, connector, way, proof)
        if is_new:
            save_new(connection)
        else:
            connection.save()
        credential = keep_credential(connection, entered, proof.token)
        record_connected(connection, credential, actor=actor, is_new=is_new, link=link)
    return connection


def _again(connection: Connection) -> Connection:
    """As it stands by now: while the service was asked, somebody may have changed or ended it."""
    found = locked(connection.id)
    found.auth = connection.auth
    return found


def record_connected(
    connection: Connection, credential: Credential, *, actor: str, is_new: bool, link: ConnectLink | None
) -> None:
    record(
        tenant_id=connection.tenant_id,
        actor=actor,
        action="connection.connected" if is_new else "connection.reconnected",
        subject=f"connection:{connection.id}",
        detail={
            "connector": connection.connector,
            "auth": connection.auth,
            "credential": str(credential.id),
            "link": str(link.id) if link else None,
        },
    )
    bump_generation(connection.tenant_id)


def new_connection(
    tenant_id: UUID, connector: Connector, auth: str, *, name: str = "", slug: str = "", end_user: str = ""
) -> Connection:
    """Not saved yet. Raises Invalid for an end user where the connector is for the tenant alone."""
    refuse_end_user(connector, end_user)
    refuse_name(name)
    made = Connection(tenant_id=tenant_id, slug=slug, name=name or connector.name, connector=connector.slug, auth=auth)
    made.end_user = end_user
    return made


def refuse_browser_way(connector: Connector, way: AuthWay) -> None:
    if way.type is AuthType.OAUTH2 and way.oauth and way.oauth.grant is Grant.AUTHORIZATION_CODE:
        raise Invalid(f"“{way.title}” begins in the browser: there is nothing to enter for {connector.name}.")


def note_proof(connection: Connection, connector: Connector, way: AuthWay, proof: Proof) -> None:
    """Set, not saved: what the service said of the account, or that nobody asked it."""
    connection.state, connection.reason = ConnectionState.ACTIVE, ""
    connection.account = proof.account or connection.account
    connection.variables = dict(proof.variables)
    connection.checked_at = timezone.now() if proof.checked else None
    pin(connection, connector, way)
    if proof.token is not None and proof.token.scopes is not None:
        connection.scopes = list(proof.token.scopes)


def save_new(connection: Connection) -> None:
    """Inside the tenant's scope. Raises Conflict, ValidationError on a bad name or slug."""
    connection.slug = connection.slug or _free_slug(connection)
    connection.clean_fields()
    try:
        with transaction.atomic():
            connection.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_taken(connection, str(error))) from error


def _taken(connection: Connection, constraint: str) -> str:
    if "end_user_once" in constraint:
        return f"This end user has connected `{connection.connector}` already. Disconnect that, or reconnect it."
    if "default_once" in constraint:
        return f"There is a default connection for `{connection.connector}` already. Change that one first."
    return f"There is a connection `{connection.slug}` already. Choose another slug."


def _free_slug(connection: Connection) -> str:
    """The connector's, and a number where that is taken; an end user's tells nothing of them."""
    stem = connection.connector[:50]
    if connection.end_user:
        return f"{stem}-{connection.id.hex[-10:]}"
    taken = set(Connection.objects.living().filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in _slugs(stem) if slug not in taken)


def _slugs(stem: str) -> Sequence[str]:
    return [stem, *(f"{stem}-{number}" for number in range(2, MOST_SLUGS))]


def prove_entered(
    tenant_id: UUID, connector: Connector, way: AuthWay, variables: Mapping[str, str], values: Mapping[str, str]
) -> Proof:
    """Raises as `connect` does."""
    with within(tenant_id):
        rules, client = rules_for(Tenant.objects.get(id=tenant_id)), client_for(connector, way)
    return prove(connector, Held(way, base_url_so_far(connector, variables), variables, values, client=client), rules)
