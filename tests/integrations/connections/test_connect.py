from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import platform, within
from integrations.connections.connect import connect
from integrations.connections.oauth.app import register_app
from integrations.connections.sealed import open_token, open_values
from integrations.errors import CredentialRefused, EgressBlocked, UpstreamFailure
from integrations.format.types import Check, Connector
from integrations.models import Connection, Credential
from tests.catalogue import manager_of
from tests.integrations.connections.services import KEY, LOGIN, imported, machine, oauth
from tests.vendors import API_KEY, CLIENT_ID, CLIENT_SECRET, Answer, Manners, Vendor

PERSON = {"username": "ada", "password": "pa55-word-of-ada"}


def made(tenant: Tenant, connector: Connector, auth: str = "key", **more: Any) -> Connection:
    facts: dict[str, Any] = {"by": manager_of(tenant), "values": {"key": API_KEY}, **more}
    return connect(tenant_id=tenant.id, connector=connector, auth=auth, **facts)


def assert_nothing_was_saved(tenant: Tenant) -> None:
    with within(tenant.id):
        assert not Connection.objects.exists()
        assert not Credential.objects.exists()
        assert not AuditEntry.objects.filter(action__startswith="connection.").exists()


def credential_of(connection: Connection) -> Credential:
    return Credential.objects.get(connection=connection, state="current")


def test_it_connects_with_a_key_that_the_service_takes(acme: Tenant, vendor: Vendor) -> None:
    found = made(acme, imported(acme, vendor))
    assert (found.slug, found.state, found.account, found.name) == ("chat", "active", "Acme Inc. at Acme", "Chat")
    assert found.checked_at is not None
    with within(acme.id):
        assert open_values(credential_of(found)) == {"key": API_KEY}
        assert API_KEY.encode() not in bytes(credential_of(found).secret)
        entry = AuditEntry.objects.get(action="connection.connected")
        credential = str(credential_of(found).id)
        assert entry.detail == {"connector": "chat", "auth": "key", "credential": credential, "link": None}


@pytest.mark.parametrize(
    "placement",
    [{}, {"in": "query", "name": "key"}, {"in": "cookie", "name": "key"}],
    ids=["header", "query", "cookie"],
)
def test_it_puts_the_key_where_the_connector_says(acme: Tenant, vendor: Vendor, placement: dict[str, str]) -> None:
    assert made(acme, imported(acme, vendor, auth={"key": {**KEY, **placement}})).state == "active"


def test_it_makes_processes_forget_what_they_kept(acme: Tenant, vendor: Vendor) -> None:
    connector, before = imported(acme, vendor), acme.generation
    made(acme, connector)
    with platform():
        acme.refresh_from_db()
    assert acme.generation == before + 1


def test_it_refuses_in_the_vendors_words_without_the_secret(acme: Tenant, vendor: Vendor) -> None:
    with pytest.raises(CredentialRefused) as caught:
        made(acme, imported(acme, vendor), values={"key": "key-of-mallory-123"})
    assert caught.value.message == (
        "Chat does not take this credential. It says: “No such credential: [redacted:secret]”. Check what was entered; "
        "nothing was saved."
    )
    assert_nothing_was_saved(acme)


def test_it_refuses_what_a_service_refuses_with_200(acme: Tenant, vendor: Vendor) -> None:
    vendor.manners = Manners(answers_ok=True)
    with pytest.raises(CredentialRefused, match="No such credential"):
        made(acme, imported(acme, vendor, error_when="!ok"), values={"key": "key-of-mallory-123"})
    assert_nothing_was_saved(acme)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_it_does_not_blame_the_credential_for_a_service_in_trouble(acme: Tenant, vendor: Vendor, status: int) -> None:
    vendor.check = Answer(status, {"message": "busy"})
    with pytest.raises(UpstreamFailure, match=f"HTTP {status}"):
        made(acme, imported(acme, vendor))
    assert_nothing_was_saved(acme)


@pytest.mark.parametrize("status", [302, 400, 403, 404])
def test_it_takes_any_other_answer_for_a_refusal(acme: Tenant, vendor: Vendor, status: int) -> None:
    vendor.check = Answer(status, {})
    with pytest.raises(CredentialRefused, match=f"HTTP {status}"):
        made(acme, imported(acme, vendor))
    assert_nothing_was_saved(acme)


def test_it_saves_nothing_when_nobody_answers(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor, base_url="http://127.0.0.2:9")
    with pytest.raises(EgressBlocked):
        made(acme, connector)
    assert_nothing_was_saved(acme)


def test_it_asks_nobody_when_it_is_told_not_to(acme: Tenant, vendor: Vendor) -> None:
    found = made(acme, imported(acme, vendor), values={"key": "any-key-at-all"}, check=False)
    assert (found.state, found.checked_at, vendor.received) == ("active", None, [])


def test_it_connects_where_there_is_nothing_to_check(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor)
    found = made(acme, replace(connector, check=None))
    assert (found.state, found.checked_at, found.account) == ("active", None, "")


def test_it_gets_a_token_with_what_was_entered(acme: Tenant, vendor: Vendor) -> None:
    found = made(acme, imported(acme, vendor, auth={"login": LOGIN}), "login", values=PERSON)
    assert found.account == "ada at Acme"
    with within(acme.id):
        credential = credential_of(found)
        access, refresh = open_token(credential)
        assert (access in vendor.access, refresh, credential.token_version) == (True, "", 1)
        assert credential.expires_at is not None
        assert credential.refreshed_at is not None
        assert (credential.expires_at - credential.refreshed_at).total_seconds() == 600


def test_it_gets_a_token_with_client_credentials(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor, auth={"app": machine(vendor, scopes={"read": "Read"}, default_scopes=["read"])})
    found = made(acme, connector, "app", values={"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    assert (found.account, found.scopes) == ("machine at Acme", ["read"])


def test_it_gets_a_token_with_the_tenants_app(acme: Tenant, vendor: Vendor) -> None:
    way = {name: value for name, value in machine(vendor).items() if name != "fields"}
    connector = imported(acme, vendor, auth={"app": way})
    with pytest.raises(Conflict, match="register an app at the vendor first"):
        made(acme, connector, "app", values={})
    assert_nothing_was_saved(acme)
    app = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    register_app(tenant_id=acme.id, by=manager_of(acme), connector=connector, **app)
    assert made(acme, connector, "app", values={}).account == "machine at Acme"


def test_it_tells_what_the_token_endpoint_says(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor, auth={"app": machine(vendor)})
    with pytest.raises(CredentialRefused, match="The client is not known"):
        made(acme, connector, "app", values={"client_id": CLIENT_ID, "client_secret": "wrong-secret"})
    assert_nothing_was_saved(acme)


def test_it_refuses_a_way_that_begins_in_the_browser(acme: Tenant, vendor: Vendor) -> None:
    with pytest.raises(Invalid, match="begins in the browser"):
        made(acme, imported(acme, vendor, auth={"oauth": oauth(vendor)}), "oauth", values={})
    assert_nothing_was_saved(acme)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_it_refuses_those_who_may_not(acme: Tenant, vendor: Vendor, role: Role) -> None:
    by = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=role)
    with pytest.raises(Forbidden):
        made(acme, imported(acme, vendor), by=by)
    assert vendor.received == []
    assert_nothing_was_saved(acme)


def test_it_numbers_slugs_that_nobody_chose(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor)
    assert [made(acme, connector).slug for _ in range(3)] == ["chat", "chat-2", "chat-3"]


def test_it_refuses_a_slug_that_is_taken_or_is_none(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor)
    made(acme, connector, slug="main")
    with pytest.raises(Conflict, match="There is a connection `main` already"):
        made(acme, connector, slug="main")
    with pytest.raises(ValidationError):
        made(acme, connector, slug="Not a slug")
    with within(acme.id):
        assert Connection.objects.count() == Credential.objects.count() == 1


def test_it_has_one_default_for_each_connector(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor)
    made(acme, connector, is_default=True)
    with pytest.raises(Conflict, match="There is a default connection"):
        made(acme, connector, is_default=True)


def test_it_has_one_connection_for_each_end_user(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor)
    found = made(acme, connector, end_user="ada@example.com")
    assert "ada" not in found.slug
    with pytest.raises(Conflict, match="This end user has connected `chat` already"):
        made(acme, connector, end_user="ada@example.com")
    with pytest.raises(Invalid, match="serves their own calls only"):
        made(acme, connector, end_user="bob", is_default=True)
    with pytest.raises(Invalid, match="End users cannot connect Chat themselves"):
        made(acme, imported(acme, vendor, per_user=False), end_user="bob")


def test_it_shows_another_tenant_nothing(acme: Tenant, globex: Tenant, vendor: Vendor) -> None:
    found = made(acme, imported(acme, vendor))
    with within(globex.id):
        assert not Connection.objects.filter(id=found.id).exists()
        assert not Credential.objects.exists()


def test_it_checks_with_the_call_that_the_connector_says(acme: Tenant, vendor: Vendor) -> None:
    check = {"call": "POST /me", "query": {"fields": "id"}, "body": {"query": "{ me }"}}
    made(acme, imported(acme, vendor, check=check, headers={"X-Version": "7"}))
    [asked] = vendor.received
    assert (asked.method, asked.path, asked.json) == ("POST", "/me?fields=id", {"query": "{ me }"})
    assert asked.headers["X-Version"] == "7"


def test_it_shows_the_credential_to_nobody_else(acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor)
    elsewhere = replace(connector, base_url="http://127.0.0.1", check=Check("GET", f":{vendor.port}/me"))
    with pytest.raises(CredentialRefused):
        made(acme, elsewhere)
    assert API_KEY not in str(vendor.received)
