import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.format import shelf
from integrations.models import Connection
from integrations.models.connection import ConnectionState
from registry.install import install_actions
from tests.browsing import Browse
from tests.catalogue import manager_of
from tests.connections import ACTIONS, Connect, make_connector

CATALOGUE = "/admin/connectors/"
PARCELS = f"{CATALOGUE}parcels/"


class TestCatalogue:
    def test_it_shows_every_connector(self, browse: Browse, vera: Person) -> None:
        page = browse(vera).page(CATALOGUE)
        for each in shelf.shipped():
            assert f'href="/admin/connectors/{each.slug}/">{each.name}</a>' in page
        assert "1 action<" not in page

    def test_it_shows_a_tenants_own_to_nobody_else(
        self, browse: Browse, acme: Tenant, vera: Person, mallory: Person
    ) -> None:
        make_connector(acme, "https://parcels.example")
        assert "Commerce · Your own" in browse(vera).page(CATALOGUE)
        assert "Parcels" not in browse(mallory).page(CATALOGUE)
        assert browse(mallory).get(PARCELS).status_code == 404

    @pytest.mark.parametrize("query", ["parcels", "where they", "FIND send", "commerce"])
    def test_it_finds_by_name_words_and_actions(self, browse: Browse, acme: Tenant, vera: Person, query: str) -> None:
        make_connector(acme, "https://parcels.example")
        page = browse(vera).page(CATALOGUE, {"q": query})
        assert PARCELS in page
        assert "/admin/connectors/zendesk/" not in page

    def test_it_narrows_by_category(self, browse: Browse, vera: Person) -> None:
        page = browse(vera).page(CATALOGUE, {"category": "support"})
        assert "/admin/connectors/zendesk/" in page
        assert "/admin/connectors/slack/" not in page
        assert 'aria-current="true">Support' in page

    def test_it_says_when_nothing_matches(self, browse: Browse, vera: Person) -> None:
        assert "No connector fits “zzz”." in browse(vera).page(CATALOGUE, {"q": "zzz"})
        assert "No connector fits here." in browse(vera).page(CATALOGUE, {"category": "none"})
        assert "Nothing is connected yet" in browse(vera).page(CATALOGUE, {"show": "connected"})

    def test_it_says_what_is_connected_and_what_has_expired(
        self, browse: Browse, acme: Tenant, vera: Person, connect_parcels: Connect
    ) -> None:
        connect_parcels()
        second = connect_parcels(slug="second")
        assert "Connected · 2" in browse(vera).page(CATALOGUE, {"show": "connected"})
        with within(acme.id):
            Connection.objects.filter(id=second.id).update(state=ConnectionState.EXPIRED)
        assert '<span class="qm-badge qm-bad">Expired</span>' in browse(vera).page(CATALOGUE, {"q": "parcels"})

    def test_what_others_connected_counts_for_nobody(
        self, browse: Browse, mallory: Person, connect_parcels: Connect
    ) -> None:
        connect_parcels()
        assert "Nothing is connected yet" in browse(mallory).page(CATALOGUE, {"show": "connected"})


class TestConnector:
    def test_it_says_what_it_offers(self, browse: Browse, acme: Tenant, alice: Person) -> None:
        make_connector(acme, "https://parcels.example", docs="https://parcels.example/docs")
        page = browse(alice).page(PARCELS)
        for shown in ("Parcels and where they are.", "https://parcels.example/docs", "Find a parcel.", "Read", "Write"):
            assert shown in page
        assert f"{PARCELS}connect/" in page
        assert f"{PARCELS}tools/" in page
        assert "Not connected yet" in page

    def test_a_scope_that_is_an_address_is_shown_by_its_end(self, browse: Browse, alice: Person) -> None:
        page = browse(alice).page(f"{CATALOGUE}google-calendar/")
        assert 'title="https://www.googleapis.com/auth/calendar.freebusy">calendar.freebusy</code>' in page

    def test_it_offers_what_the_persons_role_allows(
        self, browse: Browse, acme: Tenant, bob: Person, vera: Person
    ) -> None:
        make_connector(acme, "https://parcels.example")
        operators, viewers = browse(bob).page(PARCELS), browse(vera).page(PARCELS)
        assert (f"{PARCELS}connect/" in operators, f"{PARCELS}tools/" in operators) == (False, True)
        assert (f"{PARCELS}connect/" in viewers, f"{PARCELS}tools/" in viewers) == (False, False)

    def test_it_shows_connections_and_end_users(self, browse: Browse, alice: Person, connect_parcels: Connect) -> None:
        ours, adas = connect_parcels(name="Ours"), connect_parcels(end_user="ada")
        page = browse(alice).page(PARCELS)
        assert f"/admin/integrations/connection/{ours.id}/change/" in page
        assert f"/admin/integrations/connection/{adas.id}/change/" in page

    def test_it_shows_which_tools_are_made_of_an_action(self, browse: Browse, acme: Tenant, alice: Person) -> None:
        make_connector(acme, "https://parcels.example")
        with within(acme.id):
            connector = shelf.connector("parcels", tenant_id=acme.id)
            assert connector is not None
            install_actions(by=manager_of(acme), connector=connector, actions=["find"])
            install_actions(by=manager_of(acme), connector=connector, actions=["find"], prefix="eu")
        page = browse(alice).page(PARCELS)
        assert "parcels-find" in page
        assert "eu-parcels-find" in page

    def test_a_thousand_actions_are_searched(self, browse: Browse, acme: Tenant, alice: Person) -> None:
        many = {f"list-{number}": {"description": f"List {number}.", "call": "GET /x"} for number in range(1_200)}
        make_connector(acme, "https://parcels.example", actions={**ACTIONS, **many})
        page = browse(alice).page(PARCELS)
        assert "The first 100 of 1,202. Search for the others." in page
        assert "List 1199." not in page
        assert "List 1199." in browse(alice).page(PARCELS, {"q": "1199"})
        assert "No action fits “nothing”." in browse(alice).page(PARCELS, {"q": "nothing"})
