"""What alice (owner) does with a connection, and what vera (viewer) is not even offered."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.connections.sealed import open_values
from integrations.models import Connection, Credential, ImportedConnector
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState
from tests.browsing import Browse, address_of, text_of
from tests.integrations.connections.services import imported, settled
from tests.integrations.connections.signing_in import signed_in, with_app
from tests.vendors import API_KEY, Answer, Vendor

ACTS = ("check", "reconnect", "rotate", "take-back", "edit", "disconnect")


def now_is(connection: Connection) -> Connection:
    with within(connection.tenant_id):
        return Connection.objects.get(id=connection.id)


def held(connection: Connection) -> dict[str, str]:
    """State to key."""
    with within(connection.tenant_id):
        return {row.state: open_values(row)["key"] for row in Credential.objects.filter(connection=connection)}


def expire(connection: Connection) -> None:
    with within(connection.tenant_id):
        reason = "Chat does not take the credential. It says: “no”"
        Connection.objects.filter(id=connection.id).update(state=ConnectionState.EXPIRED, reason=reason)


@pytest.fixture
def connection(acme: Tenant, vendor: Vendor) -> Connection:
    return settled(acme, vendor, values={"key": "key-of-last-year"}, check=False)


class TestCheck:
    pytestmark = pytest.mark.django_db(transaction=True)  # a token is looked for in another thread

    def test_it_says_whose_account_it_is(self, browse: Browse, alice: Person, acme: Tenant, vendor: Vendor) -> None:
        good = settled(acme, vendor)
        assert "The service takes it: Acme Inc. at Acme." in browse(alice).done(address_of(good, "check"))

    def test_it_says_that_it_is_taken_no_more(self, browse: Browse, alice: Person, connection: Connection) -> None:
        page = browse(alice).done(address_of(connection, "check"))
        assert "The service takes it no more. Reconnect it." in page
        assert "Calls with this connection are refused." in page
        assert now_is(connection).state == "expired"

    def test_it_says_when_nobody_answers(
        self, browse: Browse, alice: Person, connection: Connection, vendor: Vendor
    ) -> None:
        vendor.check = Answer(503, {})
        page = browse(alice).refused(address_of(connection, "check"))
        assert "Chat answered with HTTP 503" in page
        assert (now_is(connection).state, now_is(connection).checked_at) == ("active", None)


class TestReconnect:
    def test_a_new_key_takes_the_place_of_one_that_expired(
        self, browse: Browse, alice: Person, connection: Connection
    ) -> None:
        expire(connection)
        page = browse(alice).done(address_of(connection, "reconnect"), {"values.key": API_KEY})
        assert "chat is connected again." in page
        assert (now_is(connection).state, held(connection)) == ("active", {"current": API_KEY})

    def test_a_wrong_one_changes_nothing(self, browse: Browse, alice: Person, connection: Connection) -> None:
        expire(connection)
        page = browse(alice).refused(address_of(connection, "reconnect"), {"values.key": "key-of-mallory-123"})
        assert "It says: “No such credential" in page
        assert "key-of-mallory-123" not in page
        assert (now_is(connection).state, held(connection)) == ("expired", {"current": "key-of-last-year"})

    def test_one_signs_in_again_and_the_connection_stays_the_same(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        connector = with_app(acme, vendor)
        connection = signed_in(acme, alice, vendor, connector)
        expire(connection)
        visitor = browse(alice)
        away = visitor.post(address_of(connection, "reconnect"), {"scopes": ["files:write"]})
        assert "files%3Awrite" in away["Location"]
        back = visitor.get("/oauth/callback/", vendor.consent(away["Location"]))
        assert back["Location"] == address_of(connection)
        assert (now_is(connection).state, "files:write" in now_is(connection).scopes) == ("active", True)


class TestRotate:
    NEW = {"values.key": API_KEY, "overlap_seconds": "3600"}

    def test_the_old_one_can_be_taken_back(self, browse: Browse, alice: Person, connection: Connection) -> None:
        page = browse(alice).done(address_of(connection, "rotate"), self.NEW)
        assert "can be taken back until" in page
        assert held(connection) == {"current": API_KEY, "previous": "key-of-last-year"}
        browse(alice).done(address_of(connection, "take-back"))
        assert held(connection) == {"current": "key-of-last-year"}

    def test_it_is_taken_back_only_while_it_is_there(
        self, browse: Browse, alice: Person, connection: Connection
    ) -> None:
        assert "take-back/" not in browse(alice).page(address_of(connection))
        browse(alice).done(address_of(connection, "rotate"), self.NEW)
        with within(connection.tenant_id):
            over = timezone.now() - timedelta(seconds=1)
            Credential.objects.filter(state=CredentialState.PREVIOUS).update(valid_until=over)
        page = browse(alice).page(address_of(connection))
        assert "take-back/" not in page
        assert "can be taken back" not in page
        assert "There is no previous credential" in browse(alice).refused(address_of(connection, "take-back"))

    def test_a_wrong_one_changes_nothing(self, browse: Browse, alice: Person, connection: Connection) -> None:
        wrong = {**self.NEW, "values.key": "wrong-key-4567"}
        assert "wrong-key-4567" not in browse(alice).refused(address_of(connection, "rotate"), wrong)
        assert held(connection) == {"current": "key-of-last-year"}

    def test_what_one_signs_in_for_is_not_rotated(
        self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor
    ) -> None:
        connection = signed_in(acme, alice, vendor, with_app(acme, vendor))
        assert f"{connection.id}/rotate/" not in browse(alice).page(address_of(connection))


class TestEdit:
    def test_it_is_renamed_and_made_the_default(self, browse: Browse, alice: Person, connection: Connection) -> None:
        browse(alice).done(address_of(connection, "edit"), {"name": "Our chat", "is_default": "on"})
        changed = now_is(connection)
        assert (changed.name, changed.slug, changed.is_default) == ("Our chat", "chat", True)

    def test_an_end_users_is_no_default(self, browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
        own = settled(acme, vendor, end_user="ada")
        assert "is_default" not in browse(alice).page(address_of(own, "edit"))

    def test_it_is_not_left_without_a_name(self, browse: Browse, alice: Person, connection: Connection) -> None:
        browse(alice).refused(address_of(connection, "edit"), {"name": " "})
        assert now_is(connection).name == "Chat"


class TestDisconnect:
    def test_its_credential_is_destroyed(self, browse: Browse, alice: Person, connection: Connection) -> None:
        page = browse(alice).done(address_of(connection, "disconnect"))
        assert "What it was made with stays valid at the vendor" in page
        assert (now_is(connection).state, held(connection)) == ("disconnected", {})
        assert not any(f"{connection.id}/{act}/" in page for act in ACTS)

    def test_a_second_time_nothing_is_left_to_do(self, browse: Browse, alice: Person, connection: Connection) -> None:
        browse(alice).done(address_of(connection, "disconnect"))
        page = browse(alice).refused(address_of(connection, "disconnect"))
        assert "There is no such connection any more." in page


class TestWhoMay:
    @pytest.mark.parametrize("act", ACTS)
    def test_a_viewer_and_an_operator_may_not(
        self, browse: Browse, bob: Person, vera: Person, connection: Connection, vendor: Vendor, act: str
    ) -> None:
        fields: dict[str, Any] = {"values.key": API_KEY, "overlap_seconds": "0", "name": "Mine"}
        for person in (bob, vera):
            assert browse(person).get(address_of(connection, act)).status_code == 403
            assert browse(person).post(address_of(connection, act), fields).status_code == 403
            assert f"{connection.id}/{act}/" not in browse(person).page(address_of(connection))
        assert (now_is(connection).name, held(connection)) == ("Chat", {"current": "key-of-last-year"})
        assert vendor.received == []


def test_a_connection_outlives_its_connector(browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    connection = settled(acme, vendor)
    with within(acme.id):
        ImportedConnector.objects.all().delete()
    assert "is not there any more" in browse(alice).page(address_of(connection))
    assert "does not offer what the connection" in text_of(browse(alice).get(address_of(connection, "reconnect")))
    browse(alice).done(address_of(connection, "disconnect"))
    assert now_is(connection).state == "disconnected"


def test_one_that_nobody_finished_is_gone_on_with(browse: Browse, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    imported(acme, vendor)
    with within(acme.id):
        left = Connection.objects.create(tenant=acme, slug="left", name="Left", connector="chat", auth="key")
    page = browse(alice).page(address_of(left))
    assert "This connection is not finished." in page
    assert f"{left.id}/check/" not in page
    browse(alice).done(address_of(left, "reconnect"), {"values.key": API_KEY})
    assert now_is(left).state == "active"
