"""Connecting in the browser, as alice (owner) does it, and bob (operator) may not."""

from typing import Any

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.connections.sealed import open_values
from integrations.format.types import Connector
from integrations.models import Connection, Credential, OAuthApp
from tests.browsing import Browse, address_of, text_of
from tests.integrations.connections.services import imported, settled
from tests.integrations.connections.signing_in import with_app
from tests.vendors import API_KEY, CLIENT_ID, CLIENT_SECRET, Vendor

PAGE = "/admin/connectors/chat/connect/"
VARIABLES = {"region": {"title": "Region", "pattern": "[a-z]+", "example": "eu"}}


def connections(tenant: Tenant) -> list[Connection]:
    with within(tenant.id):
        return list(Connection.objects.order_by("created_at"))


def key(value: str = API_KEY, **more: Any) -> dict[str, Any]:
    return {"values.key": value, "check": "on", **more}


class TestWithAKey:
    def test_it_is_connected_once_the_service_has_taken_it(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        imported(acme, vendor)
        page = browse(alice).done(PAGE, key(name="Our chat", slug="our-chat", is_default="on"))
        assert "Our chat is connected as Acme Inc. at Acme." in page
        [made] = connections(acme)
        assert (made.slug, made.state, made.is_default) == ("our-chat", "active", True)
        with within(acme.id):
            assert open_values(Credential.objects.get()) == {"key": API_KEY}

    def test_it_takes_names_of_its_own(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        imported(acme, vendor)
        browse(alice).done(PAGE, key())
        browse(alice).done(PAGE, key())
        assert [(each.name, each.slug) for each in connections(acme)] == [("Chat", "chat"), ("Chat", "chat-2")]

    def test_the_vendors_refusal_is_told_and_nothing_but_the_secret_is_lost(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        imported(acme, vendor)
        page = browse(alice).refused(PAGE, key("key-of-mallory-123", name="Our chat"))
        assert "Chat does not take this credential. It says: “No such credential" in page
        assert 'value="Our chat"' in page
        assert "key-of-mallory-123" not in page
        assert connections(acme) == []

    def test_a_fault_stands_beside_its_field(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        imported(acme, vendor, base_url=f"{vendor.url}/{{region}}", variables=VARIABLES)
        page = browse(alice).refused(PAGE, key(**{"variables.region": "EU/1"}))
        assert 'id="id_variables.region_error"><p>This does not look right' in page
        assert connections(acme) == []

    def test_it_can_be_kept_unasked(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        imported(acme, vendor)
        browse(alice).done(PAGE, {"values.key": "not-known-yet"})
        assert [(each.state, each.checked_at) for each in connections(acme)] == [("active", None)]
        assert vendor.received == []

    def test_a_taken_slug_is_refused(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        settled(acme, vendor)
        page = browse(alice).refused(PAGE, key(slug="chat"))
        assert "There is a connection `chat` already." in page.replace("<code>", "`").replace("</code>", "`")
        assert len(connections(acme)) == 1


class TestBySigningIn:
    def test_the_app_is_asked_for_first(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        with_app(acme, vendor)
        with within(acme.id):
            OAuthApp.objects.all().delete()
        page = browse(alice).page(PAGE)
        assert "Register an app at Chat" in page
        assert "http://testserver/oauth/callback/" in page
        app = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        page = browse(alice).done("/admin/connectors/chat/app/?way=oauth", app)
        assert "People can sign in at Chat now." in page
        assert "Go to Chat" in page
        assert CLIENT_SECRET not in page

    def test_one_is_sent_there_and_comes_back_to_the_connection(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        with_app(acme, vendor)
        visitor = browse(alice)
        away = visitor.post(f"{PAGE}oauth/", {"name": "Our chat", "scopes": ["files:write"]})
        assert "scope=chat%3Awrite+users%3Aread+files%3Awrite" in away["Location"]
        back = visitor.get("/oauth/callback/", vendor.consent(away["Location"]))
        [made] = connections(acme)
        assert (made.name, made.state, made.account) == ("Our chat", "active", "ada at Acme")
        assert back["Location"] == address_of(made)
        assert "Our chat is connected as ada at Acme. Granted: chat:write, users:read, files:write." in text_of(
            visitor.get(back["Location"])
        )

    def test_nobody_is_sent_where_everybody_could_listen(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_app(acme, vendor)
        monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
        assert "does not begin with https://" in browse(alice).refused(f"{PAGE}oauth/")
        assert connections(acme) == []

    def test_whoever_was_refused_there_finds_a_way_back(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        with_app(acme, vendor)
        visitor = browse(alice)
        query = vendor.consent(visitor.post(f"{PAGE}oauth/")["Location"])
        answer = visitor.get("/oauth/callback/", {"state": query["state"], "error": "access_denied"})
        assert (answer.status_code, "/admin/integrations/connection/" in text_of(answer)) == (422, True)
        [left] = connections(acme)
        assert left.state == "pending"
        assert "Nobody has come back from Chat yet." in visitor.page(address_of(left))


class TestWhoMay:
    def test_an_operator_may_not(self, browse: Browse, acme: Tenant, bob: Person, vendor: Vendor) -> None:
        imported(acme, vendor)
        for address in (PAGE, "/admin/connectors/chat/app/", "/admin/connectors/chat/link/"):
            assert browse(bob).get(address).status_code == 403
            assert browse(bob).post(address, key(end_user="ada")).status_code == 403
        assert (connections(acme), vendor.received) == ([], [])

    def test_another_tenant_sees_no_such_connector(
        self, browse: Browse, acme: Tenant, mallory: Person, vendor: Vendor
    ) -> None:
        imported(acme, vendor)
        for address in (PAGE, "/admin/connectors/chat/app/", "/admin/connectors/chat/link/"):
            assert browse(mallory).get(address).status_code == 404
            assert browse(mallory).post(address, key()).status_code == 404
        assert vendor.received == []

    def test_a_stranger_is_asked_to_sign_in(self, browse: Browse, db: None) -> None:
        assert browse(None).get(PAGE)["Location"] == f"/admin/login/?next={PAGE}"

    @pytest.mark.parametrize("address", ["/admin/connectors/none/connect/", "/admin/connectors/slack/connect/none/"])
    def test_what_there_is_not_is_not_there(self, browse: Browse, alice: Person, address: str) -> None:
        assert browse(alice).get(address).status_code == 404


class TestApp:
    APP = "/admin/connectors/chat/app/"

    def test_it_is_replaced_and_its_secret_never_shown(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        with_app(acme, vendor)
        page = browse(alice).page(self.APP)
        assert f'value="{CLIENT_ID}"' in page
        assert CLIENT_SECRET not in page
        browse(alice).done(self.APP, {"client_id": "another", "client_secret": ""})
        with within(acme.id):
            assert OAuthApp.objects.get().client_id == "another"

    def test_what_makes_no_sense_is_refused(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        with_app(acme, vendor)
        page = browse(alice).refused(self.APP, {"client_id": "a\x07b", "client_secret": ""})
        assert "Enter the client id as the vendor shows it" in page
        with within(acme.id):
            assert OAuthApp.objects.get().client_id == CLIENT_ID

    def test_it_is_removed(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        with_app(acme, vendor)
        assert "The app at Chat is removed." in browse(alice).done(self.APP, {"remove": "yes"})
        with within(acme.id):
            assert not OAuthApp.objects.exists()

    def test_it_is_refused_where_nobody_signs_in(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        imported(acme, vendor)
        assert "it needs no app" in browse(alice).refused(self.APP, {"client_id": "x"})


class TestLink:
    LINK = "/admin/connectors/chat/link/"

    def test_it_is_shown_once_and_connects_the_end_users_account(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        connector: Connector = imported(acme, vendor)
        answer = browse(alice).post(self.LINK, {"end_user": "ada", "seconds": "3600"})
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
        address = text_of(answer).split("http://testserver")[1].split("<")[0]
        assert connector.per_user
        assert browse(None).post(address, {"values.key": API_KEY}).status_code == 200
        assert [(each.end_user, each.state) for each in connections(acme)] == [("ada", "active")]

    def test_what_is_wrong_stands_beside_its_field(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        imported(acme, vendor)
        page = browse(alice).refused(self.LINK, {"end_user": "ada", "seconds": "3600", "return_to": "javascript:1"})
        assert 'id="id_return_to_error"><p>Give an https:// or http:// address' in page

    def test_a_connector_for_the_tenant_alone_makes_none(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        imported(acme, vendor, per_user=False)
        page = browse(alice).refused(self.LINK, {"end_user": "ada", "seconds": "3600"})
        assert "is connected once for the tenant" in page
