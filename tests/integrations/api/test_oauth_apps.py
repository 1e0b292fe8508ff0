import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.connections.sealed import open_client_secret
from integrations.models import OAuthApp
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import Api
from tests.integrations.connections.services import imported, oauth
from tests.vendors import CLIENT_ID, CLIENT_SECRET, Vendor

pytestmark = pytest.mark.django_db

APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@pytest.fixture(autouse=True)
def signing_in(acme: Tenant, vendor: Vendor) -> None:
    imported(acme, vendor, auth={"oauth": oauth(vendor)})


def kept(tenant: Tenant) -> dict[str, str]:
    with within(tenant.id):
        return {app.client_id: open_client_secret(app) for app in OAuthApp.objects.all()}


def test_it_registers_an_app_and_shows_no_secret(steward_api: Api, acme: Tenant) -> None:
    made = steward_api.put("oauth-apps/chat/", APP).json()
    assert (made["connector"], made["client_id"]) == ("chat", CLIENT_ID)
    assert made["redirect_uri"] == "http://testserver/oauth/callback/"
    assert kept(acme) == {CLIENT_ID: CLIENT_SECRET}
    assert steward_api.get("oauth-apps/chat/").json() == made
    assert steward_api.get("oauth-apps/").json()["results"] == [made]
    assert CLIENT_SECRET not in steward_api.get("oauth-apps/").text + steward_api.get("audit/").text


def test_it_puts_another_one_in_its_place(steward_api: Api, acme: Tenant) -> None:
    steward_api.put("oauth-apps/chat/", APP)
    steward_api.put("oauth-apps/chat/", {"client_id": "second", "client_secret": ""})
    assert kept(acme) == {"second": ""}


def test_it_forgets_an_app(steward_api: Api, acme: Tenant) -> None:
    steward_api.put("oauth-apps/chat/", APP)
    assert steward_api.delete("oauth-apps/chat/").status_code == 204
    assert kept(acme) == {}
    assert refusal(steward_api.delete("oauth-apps/chat/"))[0] == 404
    assert refusal(steward_api.get("oauth-apps/chat/"))[0] == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"client_id": CLIENT_ID}, ["$.client_secret"]),
        ({**APP, "client_id": ""}, ["$.client_id"]),
        ({**APP, "client_secret": "ends in a blank "}, ["$.client_secret"]),
        ({**APP, "scope": "all"}, ["$.scope"]),
    ],
)
def test_it_names_what_is_wrong(steward_api: Api, acme: Tenant, body: dict[str, str], fields: list[str]) -> None:
    assert refused_fields(steward_api.put("oauth-apps/chat/", body)) == fields
    assert kept(acme) == {}


def test_it_needs_the_right_to_credentials(operator_api: Api, steward_api: Api, acme: Tenant) -> None:
    assert refusal(operator_api.put("oauth-apps/chat/", APP))[:2] == (403, "forbidden")
    assert kept(acme) == {}
    steward_api.put("oauth-apps/chat/", APP)
    assert refusal(operator_api.delete("oauth-apps/chat/"))[:2] == (403, "forbidden")
    assert kept(acme) == {CLIENT_ID: CLIENT_SECRET}


def test_it_keeps_each_tenant_to_its_own(steward_api: Api, spy_api: Api) -> None:
    steward_api.put("oauth-apps/chat/", APP)
    assert refusal(spy_api.get("oauth-apps/chat/"))[0] == 404
    assert spy_api.get("oauth-apps/").json()["results"] == []
