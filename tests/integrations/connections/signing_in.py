"""Signing in at the tests' vendor, as somebody in a browser does it."""

from typing import Any

from accounts.authenticate import caller_of
from accounts.caller import Caller
from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.connections.oauth.app import register_app
from integrations.connections.oauth.callback import Returned, finish
from integrations.connections.oauth.start import Started, begin, begin_again
from integrations.format.types import Connector
from integrations.models import Connection, OAuthFlow
from tests.catalogue import manager_of
from tests.integrations.connections.services import imported, oauth
from tests.vendors import CLIENT_ID, CLIENT_SECRET, Vendor

CALLBACK = "https://qm.example/oauth/callback/"


def caller(person: Person) -> Caller:
    with within(person.tenant_id):
        return caller_of(Person.objects.select_related("tenant").get(id=person.id))


def with_app(tenant: Tenant, vendor: Vendor, **more: Any) -> Connector:
    """acme's connector at which one signs in, and acme's app there. `way`: the vendor's own ways."""
    way = oauth(vendor, **more.pop("way", {}))
    connector = imported(tenant, vendor, **{"auth": {"oauth": way}, **more})
    register_app(
        tenant_id=tenant.id,
        by=manager_of(tenant),
        connector=connector,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    return connector


def begun(tenant: Tenant, person: Person, connector: Connector, **more: Any) -> Started:
    facts = {"auth": "oauth", "redirect_uri": CALLBACK, **more}
    return begin(tenant_id=tenant.id, by=caller(person), connector=connector, **facts)


def finished(started: Started, person: Person | None, query: dict[str, str], browser: str | None = None) -> OAuthFlow:
    by = caller(person) if person else None
    return finish(returned=Returned(**query), browser=started.browser if browser is None else browser, by=by)


def signed_in(
    tenant: Tenant, person: Person, vendor: Vendor, connector: Connector, account: str = "ada", **more: Any
) -> Connection:
    started = begun(tenant, person, connector, **more)
    return finished(started, person, vendor.consent(started.url, account)).connection


def signed_in_again(connection: Connection, person: Person, vendor: Vendor, account: str = "ada") -> Connection:
    started = begin_again(
        tenant_id=connection.tenant_id, by=caller(person), connection_id=connection.id, redirect_uri=CALLBACK
    )
    return finished(started, person, vendor.consent(started.url, account)).connection
