"""What a tenant registered with a vendor: a client id and its secret, with which people are sent there."""

from uuid import UUID

from accounts.audit import record
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.pinning import pin_app
from integrations.connections.sealed import seal_client_secret
from integrations.format.types import AuthType, Connector
from integrations.models import OAuthApp

LONGEST_ID = 500
LONGEST_SECRET = 5_000


def register_app(*, tenant_id: UUID, by: Actor, connector: Connector, client_id: str, client_secret: str) -> OAuthApp:
    """The tenant's app at this vendor, in the place of the one before. An empty secret: a public client.

    Tokens that were had with another client id are refreshed no more by most vendors. Raises Forbidden, Invalid.
    """
    by.require(Right.CREDENTIALS)
    _refuse(connector, client_id, client_secret)
    with within(tenant_id):
        app = OAuthApp.objects.select_for_update().filter(connector=connector.slug).first()
        app = app or OAuthApp(tenant_id=tenant_id, connector=connector.slug)
        app.client_id = client_id
        pin_app(app, connector)
        seal_client_secret(app, client_secret)
        app.save()
        record(
            tenant_id=tenant_id,
            actor=by.actor,
            action="oauth_app.registered",
            subject=f"oauth_app:{app.id}",
            detail={"connector": connector.slug},
        )
        bump_generation(tenant_id)
    return app


def remove_app(*, tenant_id: UUID, by: Actor, connector: Connector) -> bool:
    """Whether there was one. Its connections work on until their tokens expire."""
    by.require(Right.CREDENTIALS)
    with within(tenant_id):
        app = OAuthApp.objects.select_for_update().filter(connector=connector.slug).first()
        if app is None:
            return False
        record(
            tenant_id=tenant_id,
            actor=by.actor,
            action="oauth_app.removed",
            subject=f"oauth_app:{app.id}",
            detail={"connector": connector.slug},
        )
        app.delete()
        bump_generation(tenant_id)
        return True


def _refuse(connector: Connector, client_id: str, client_secret: str) -> None:
    if all(way.type is not AuthType.OAUTH2 for way in connector.auth):
        raise Invalid(f"Nobody signs in at {connector.name}: it needs no app.")
    faults = []
    if not client_id or not _is_as_shown(client_id, LONGEST_ID):
        faults.append(Fault("$.client_id", "Enter the client id as the vendor shows it, on one line."))
    if not _is_as_shown(client_secret, LONGEST_SECRET):
        faults.append(Fault("$.client_secret", "Enter the client secret as the vendor shows it, on one line."))
    if faults:
        raise Invalid("The app cannot be registered like this. See `errors`.", faults=faults)


def _is_as_shown(text: str, longest: int) -> bool:
    return text.isprintable() and text == text.strip() and len(text) <= longest
