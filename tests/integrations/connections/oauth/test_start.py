from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.models import Agent, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.connections.oauth.secrets import digest
from integrations.connections.oauth.start import begin
from integrations.connections.sealed import open_verifier
from integrations.models import Connection, OAuthFlow
from tests.integrations.connections.services import KEY, imported, oauth
from tests.integrations.connections.signing_in import CALLBACK, begun, with_app
from tests.vendors import CLIENT_ID, Vendor


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def assert_nothing_began(tenant: Tenant) -> None:
    with within(tenant.id):
        assert not Connection.objects.exists()
        assert not OAuthFlow.objects.exists()


def test_it_sends_a_person_to_the_vendor(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    way = {"scope_separator": ",", "authorize_params": {"access_type": "offline"}}
    started = begun(acme, alice, with_app(acme, vendor, way=way), scopes=["files:write", "never:heard"])
    asked = query(started.url)
    assert started.url.startswith(f"{vendor.url}/authorize?")
    assert asked["scope"] == "chat:write,users:read,files:write"
    assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, CALLBACK)
    assert (asked["access_type"], asked["code_challenge_method"]) == ("offline", "S256")
    assert asked["state"] == started.state


def test_it_keeps_digests_of_what_it_gives_out(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    started = begun(acme, alice, with_app(acme, vendor))
    assert len(started.state) == len(started.browser) == 43  # 32 bytes
    with within(acme.id):
        flow = OAuthFlow.objects.get()
        assert bytes(flow.state_digest) == digest(started.state)
        assert bytes(flow.browser_digest) == digest(started.browser)
        assert open_verifier(flow).encode() not in bytes(flow.verifier)
        assert Connection.objects.get().state == "pending"


def test_it_shows_nothing_secret_in_a_repr(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    started = begun(acme, alice, with_app(acme, vendor))
    assert started.state not in repr(started)
    assert started.browser not in repr(started)


def test_it_needs_an_app(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    with pytest.raises(Conflict, match="register an app there"):
        begun(acme, alice, imported(acme, vendor, auth={"oauth": oauth(vendor)}))
    assert_nothing_began(acme)


def test_it_refuses_a_way_that_does_not_begin_in_the_browser(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    connector = with_app(acme, vendor, auth={"oauth": oauth(vendor), "key": KEY})
    with pytest.raises(Invalid, match="does not begin in the browser"):
        begun(acme, alice, connector, auth="key")
    with pytest.raises(NotFound, match="Chat has no way `other`"):
        begun(acme, alice, connector, auth="other")
    assert_nothing_began(acme)


@pytest.mark.parametrize(
    "return_to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/a\0b", "/" + "a" * 2_000]
)
def test_it_sends_nobody_to_another_site_afterwards(
    acme: Tenant, alice: Person, vendor: Vendor, return_to: str
) -> None:
    with pytest.raises(Invalid, match="Nobody is sent to another site"):
        begun(acme, alice, with_app(acme, vendor), return_to=return_to)
    assert_nothing_began(acme)


def test_it_refuses_those_who_may_not_and_those_who_are_no_person(
    acme: Tenant, bob: Person, scout: Agent, vendor: Vendor
) -> None:
    connector = with_app(acme, vendor)
    with pytest.raises(Forbidden):
        begun(acme, bob, connector)
    agent = Caller(tenant_id=acme.id, tenant_slug="acme", generation=1, role=Role.ADMIN, agent_id=scout.id)
    with pytest.raises(Forbidden, match="Only a person can sign in"):
        begin(tenant_id=acme.id, by=agent, connector=connector, auth="oauth", redirect_uri=CALLBACK)
    assert_nothing_began(acme)


def test_it_refuses_a_taken_slug(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    connector = with_app(acme, vendor)
    begun(acme, alice, connector, slug="main")
    with pytest.raises(Conflict, match="There is a connection `main` already"):
        begun(acme, alice, connector, slug="main")
    with within(acme.id):
        assert OAuthFlow.objects.count() == 1


def test_it_adds_parameters_of_any_name(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    way = {"authorize_params": {"uri": "u", "self": "s", "body": "b"}}
    asked = query(begun(acme, alice, with_app(acme, vendor, way=way)).url)
    assert (asked["uri"], asked["self"], asked["body"]) == ("u", "s", "b")


def test_it_sends_nobody_to_sign_in_without_tls(
    acme: Tenant, alice: Person, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = with_app(acme, vendor)
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    with pytest.raises(Invalid, match="does not begin with https"):
        begun(acme, alice, connector)
    assert_nothing_began(acme)
