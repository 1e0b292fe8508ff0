"""Two pages for people who are not in the admin site: back from a vendor, and the link of an end user."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import AuditEntry, Person, Tenant
from accounts.tenancy import within
from integrations.connections.links import make_link
from integrations.connections.oauth.cookie import bind
from integrations.connections.sealed import open_values
from integrations.models import Connection, ConnectLink, Credential, ImportedConnector, OAuthApp
from tests.browsing import address_of
from tests.catalogue import manager_of
from tests.integrations.connections.services import LOGIN, imported, settled
from tests.integrations.connections.signing_in import begun, with_app
from tests.vendors import API_KEY, Vendor

CALLBACK = "/oauth/callback/"


def link(tenant: Tenant, vendor: Vendor, **more: Any) -> str:
    facts: dict[str, Any] = {"auth": "key", "end_user": "ada", **more}
    connector = facts.pop("connector", None) or imported(tenant, vendor)
    return f"/connect/{make_link(tenant_id=tenant.id, by=manager_of(tenant), connector=connector, **facts).token}/"


def browser_of(client: Client, person: Person, tenant: Tenant, vendor: Vendor, **more: Any) -> dict[str, str]:
    """alice's browser, sent away; what the vendor sends her back with."""
    client.force_login(person)
    started = begun(tenant, person, with_app(tenant, vendor), **more)
    response = HttpResponse()
    bind(response, started)
    for name, morsel in response.cookies.items():
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", CALLBACK)
        client.cookies[name] = morsel.value
    return vendor.consent(started.url)


def test_a_person_comes_back_and_is_told(client: Client, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    answer = client.get(CALLBACK, browser_of(client, alice, acme, vendor))
    with within(acme.id):
        assert answer["Location"] == address_of(Connection.objects.get())
    assert "no-store" in answer["Cache-Control"]
    assert [morsel.value for name, morsel in answer.cookies.items() if name.startswith("qm_oauth")] == [""]
    shown = client.get(answer["Location"]).text
    assert "Chat is connected as ada at Acme. Granted: chat:write, users:read." in shown


def test_a_person_goes_on_where_they_were(client: Client, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    answer = client.get(CALLBACK, browser_of(client, alice, acme, vendor, return_to="/admin/"))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_another_browser_is_told_to_begin_again(client: Client, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    query = browser_of(client, alice, acme, vendor)
    other = Client()
    other.force_login(alice)
    answer = other.get(CALLBACK, query)
    assert (answer.status_code, "Begin again" in answer.text) == (403, True)


def test_a_stranger_is_told_to_begin_again(client: Client, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    query = browser_of(client, alice, acme, vendor)
    client.logout()
    assert client.get(CALLBACK, query).status_code == 403
    assert client.get(CALLBACK).status_code == 403
    assert client.post(CALLBACK).status_code == 405


def test_the_vendors_words_are_text(client: Client, acme: Tenant, alice: Person, vendor: Vendor) -> None:
    query = browser_of(client, alice, acme, vendor)
    del query["code"]
    answer = client.get(CALLBACK, {**query, "error": "<script>alert(1)</script>"})
    assert (answer.status_code, "<script>alert" in answer.text) == (422, False)


def test_an_end_user_enters_a_key(client: Client, acme: Tenant, vendor: Vendor) -> None:
    address = link(acme, vendor)
    shown = client.get(address)
    assert (shown.status_code, "Acme" in shown.text, 'name="values.key"' in shown.text) == (200, True, True)
    answer = client.post(address, {"values.key": API_KEY})
    assert (answer.status_code, "You can close this window" in answer.text) == (200, True)
    with within(acme.id):
        found = Connection.objects.get()
        assert (found.end_user, found.state) == ("ada", "active")
        entry = AuditEntry.objects.get(action="connection.connected")
        assert entry.detail["link"] == str(ConnectLink.objects.get().id)
    assert client.get(address).status_code == 404


def test_a_wrong_key_is_told_beside_the_form_and_the_link_stays_good(
    client: Client, acme: Tenant, vendor: Vendor
) -> None:
    address = link(acme, vendor)
    answer = client.post(address, {"values.key": "key-of-mallory-123"})
    assert (answer.status_code, "Chat does not take this credential" in answer.text) == (422, True)
    assert "key-of-mallory-123" not in answer.text
    assert client.post(address, {"values.key": "with\x01control"}).status_code == 422
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"values.key": API_KEY}).status_code == 200


def test_looking_at_a_link_uses_nothing_up(acme: Tenant, vendor: Vendor) -> None:
    address = link(acme, vendor)
    assert [Client().get(address).status_code for _ in range(2)] == [200, 200]
    first, second = Client(), Client()
    assert first.post(address, {"values.key": "wrong-key"}).status_code == 422
    assert second.post(address, {"values.key": API_KEY}).status_code == 403
    assert first.post(address, {"values.key": API_KEY}).status_code == 200


def test_a_page_that_refuses_has_a_title_in_words(client: Client, acme: Tenant) -> None:
    used_up, lost = client.get("/connect/made-up/"), client.get(CALLBACK, {"state": "made-up"})
    assert "<title>That did not work | Quartermaster</title>" in used_up.content.decode()
    assert "<title>Not connected | Quartermaster</title>" in lost.content.decode()


def test_an_end_user_signs_in_at_the_vendor(client: Client, acme: Tenant, vendor: Vendor) -> None:
    connector = with_app(acme, vendor)
    address = link(acme, vendor, connector=connector, auth="oauth", return_to="https://acme.example/done")
    away = client.post(address)
    assert away.status_code == 302
    back = client.get(CALLBACK, vendor.consent(away["Location"]))
    assert (back.status_code, back["Location"]) == (302, "https://acme.example/done")
    with within(acme.id):
        assert (Connection.objects.get().end_user, Connection.objects.get().account) == ("ada", "ada at Acme")
        assert ConnectLink.objects.get().used_at is not None


def test_an_end_user_may_begin_again_until_they_are_done(client: Client, acme: Tenant, vendor: Vendor) -> None:
    connector = with_app(acme, vendor)
    address = link(acme, vendor, connector=connector, auth="oauth")
    client.post(address)
    away = client.post(address)
    assert "You can close this window" in client.get(CALLBACK, vendor.consent(away["Location"])).text
    assert client.post(address).status_code == 404
    with within(acme.id):
        assert Connection.objects.count() == 1


def test_two_sign_ins_of_one_link_connect_once(client: Client, acme: Tenant, vendor: Vendor) -> None:
    connector = with_app(acme, vendor)
    address = link(acme, vendor, connector=connector, auth="oauth")
    first, second = client.post(address)["Location"], client.post(address)["Location"]
    assert client.get(CALLBACK, vendor.consent(first)).status_code == 200
    assert client.get(CALLBACK, vendor.consent(second)).status_code == 403


def test_a_new_link_connects_an_end_users_account_anew(client: Client, acme: Tenant, vendor: Vendor) -> None:
    before = settled(acme, vendor, values={"key": "key-of-last-year"}, check=False, end_user="ada")
    assert client.post(link(acme, vendor), {"values.key": API_KEY}).status_code == 200
    with within(acme.id):
        assert Connection.objects.get().id == before.id
        assert open_values(Credential.objects.get()) == {"key": API_KEY}
        assert AuditEntry.objects.filter(action="connection.reconnected").count() == 1


def test_the_form_has_a_field_for_each_thing_to_enter(client: Client, acme: Tenant, vendor: Vendor) -> None:
    connector = imported(acme, vendor, auth={"login": {**LOGIN, "help": "Ask `IT`."}})
    shown = client.get(link(acme, vendor, connector=connector, auth="login")).text
    assert 'type="text" name="values.username"' in shown
    assert 'type="password" name="values.password"' in shown
    assert "Ask <code>IT</code>." in shown


def test_it_says_when_the_connector_or_the_app_is_gone(client: Client, acme: Tenant, vendor: Vendor) -> None:
    connector = with_app(acme, vendor)
    address = link(acme, vendor, connector=connector, auth="oauth")
    with within(acme.id):
        OAuthApp.objects.all().delete()
    assert client.post(address).status_code == 409
    with within(acme.id):
        ImportedConnector.objects.all().delete()
    answer = client.get(address)
    assert (answer.status_code, "not offered any more" in answer.text) == (409, True)
    assert "/admin/" not in answer.text


def test_vendors_send_people_back_to_the_public_address(
    client: Client, acme: Tenant, vendor: Vendor, settings: Any
) -> None:
    connector = with_app(acme, vendor)
    address = link(acme, vendor, connector=connector, auth="oauth")
    assert "redirect_uri=http%3A%2F%2Ftestserver%2Foauth%2Fcallback%2F" in client.post(address)["Location"]
    settings.PUBLIC_URL = "https://tools.acme.example"
    assert "redirect_uri=https%3A%2F%2Ftools.acme.example%2Foauth%2F" in client.post(address)["Location"]
