from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.format.types import Connector
from integrations.models import Connection, ConnectLink, OAuthFlow
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import Api
from tests.integrations.connections.services import imported, oauth, settled
from tests.integrations.connections.signing_in import with_app
from tests.vendors import Vendor

pytestmark = pytest.mark.django_db

LINK: dict[str, Any] = {"connector": "chat", "auth": "key", "end_user": "ada"}


def nothing_began(tenant: Tenant) -> bool:
    with within(tenant.id):
        return not (Connection.objects.exists() or OAuthFlow.objects.exists() or ConnectLink.objects.exists())


def test_it_says_where_a_person_signs_in(steward_api: Api, acme: Tenant, vendor: Vendor) -> None:
    with_app(acme, vendor)
    answer = steward_api.post("connectors/chat/sign-in/", {"auth": "oauth"})
    assert answer.json() == {"url": "http://testserver/admin/connectors/chat/connect/oauth/"}
    assert nothing_began(acme)


def test_it_gives_the_public_address(steward_api: Api, acme: Tenant, vendor: Vendor, settings: Any) -> None:
    settings.PUBLIC_URL = "https://qm.example"
    with_app(acme, vendor)
    answer = steward_api.post("connectors/chat/sign-in/", {"auth": "oauth"})
    assert answer.json()["url"] == "https://qm.example/admin/connectors/chat/connect/oauth/"


def test_it_sends_nobody_away_without_an_app(steward_api: Api, acme: Tenant, vendor: Vendor) -> None:
    imported(acme, vendor, auth={"oauth": oauth(vendor)})
    answer = steward_api.post("connectors/chat/sign-in/", {"auth": "oauth"})
    assert refusal(answer)[:2] == (409, "conflict")
    assert "PUT /api/v1/oauth-apps/chat/" in answer.text


def test_it_says_where_a_credential_is_entered(steward_api: Api, chat: Connector) -> None:
    assert refused_fields(steward_api.post("connectors/chat/sign-in/", {"auth": "key"})) == ["$.auth"]
    assert refusal(steward_api.post("connectors/chat/sign-in/", {"auth": "magic"}))[0] == 404


def test_it_says_where_a_person_signs_in_again(steward_api: Api, acme: Tenant, vendor: Vendor) -> None:
    connection = settled(acme, vendor)
    with_app(acme, vendor)
    with within(acme.id):
        Connection.objects.update(auth="oauth")
    answer = steward_api.post("connections/chat/reconnect/")
    assert answer.json() == {"url": f"http://testserver/admin/integrations/connection/{connection.id}/reconnect/"}


def test_it_has_entered_ones_rotated(steward_api: Api, acme: Tenant, vendor: Vendor) -> None:
    settled(acme, vendor)
    answer = steward_api.post("connections/chat/reconnect/")
    assert "`rotate/`" in refusal(answer)[2]["$.auth"]


def test_it_makes_a_link_for_an_end_user(steward_api: Api, chat: Connector, acme: Tenant) -> None:
    answer = steward_api.post("connect-links/", {**LINK, "seconds": 600})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    made = answer.json()
    assert {name: made[name] for name in LINK} == LINK
    assert made["url"].startswith("http://testserver/connect/")
    page = steward_api.client.get(made["url"].removeprefix("http://testserver"))
    assert (page.status_code, "Chat" in page.text) == (200, True)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"end_user": " "}, ["$.end_user"]),
        ({"return_to": "javascript:alert(1)"}, ["$.return_to"]),
        ({"seconds": 5}, ["$.seconds"]),
        ({"scopes": [5]}, ["$.scopes[0]"]),
        ({"variables": {"region": "eu"}}, ["$.variables.region"]),
    ],
)
def test_it_names_what_is_wrong_with_a_link(
    steward_api: Api, chat: Connector, acme: Tenant, changes: dict[str, Any], fields: list[str]
) -> None:
    assert refused_fields(steward_api.post("connect-links/", {**LINK, **changes})) == fields
    assert nothing_began(acme)


def test_it_makes_links_only_where_end_users_connect(steward_api: Api, acme: Tenant, vendor: Vendor) -> None:
    imported(acme, vendor, per_user=False)
    assert refused_fields(steward_api.post("connect-links/", LINK)) == ["$.end_user"]
    assert nothing_began(acme)


@pytest.mark.parametrize(("path", "body"), [("connect-links/", LINK), ("connectors/chat/sign-in/", {"auth": "oauth"})])
def test_it_needs_the_right_to_credentials(
    operator_api: Api, acme: Tenant, chat: Connector, path: str, body: dict[str, Any]
) -> None:
    assert refusal(operator_api.post(path, body))[:2] == (403, "forbidden")
    assert nothing_began(acme)


def test_it_knows_no_connector_of_another_tenant(spy_api: Api, chat: Connector, globex: Tenant) -> None:
    assert refusal(spy_api.post("connect-links/", LINK))[0] == 404
    assert refusal(spy_api.post("connectors/chat/sign-in/", {"auth": "oauth"}))[0] == 404
    assert nothing_began(globex)
