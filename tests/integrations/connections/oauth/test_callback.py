from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import AuditEntry, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.connections.auth.pairs import client_pair
from integrations.connections.disconnect import disconnect
from integrations.connections.oauth.callback import Returned
from integrations.connections.sealed import open_token
from integrations.errors import CredentialRefused, UpstreamBroken, UpstreamFailure
from integrations.format.types import Connector
from integrations.models import Connection, Credential, OAuthFlow
from tests.cast import make_person
from tests.catalogue import manager_of
from tests.integrations.connections.signing_in import begun, finished, signed_in, signed_in_again, with_app
from tests.vendors import CLIENT_ID, CLIENT_SECRET, Answer, Manners, Vendor

LOST = "This sign-in is over"


@pytest.fixture
def chat(acme: Tenant, vendor: Vendor) -> Connector:
    return with_app(acme, vendor)


def tokens(connection: Connection) -> tuple[str, str]:
    with within(connection.tenant_id):
        return open_token(Credential.objects.get(connection=connection, state="current"))


def assert_still_pending(tenant: Tenant) -> None:
    with within(tenant.id):
        assert [found.state for found in Connection.objects.all()] == ["pending"]
        assert not Credential.objects.exists()
        assert not AuditEntry.objects.filter(action="connection.connected").exists()


def test_it_connects_who_comes_back_from_the_vendor(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector
) -> None:
    found = signed_in(acme, alice, vendor, chat)
    assert (found.slug, found.state, found.account) == ("chat", "active", "ada at Acme")
    assert found.scopes == ["chat:write", "users:read"]
    access, refresh = tokens(found)
    assert (access in vendor.access, refresh in vendor.refresh) == (True, True)
    with within(acme.id):
        entry = AuditEntry.objects.get(action="connection.connected")
        assert (entry.actor, entry.detail["connector"]) == (f"person:{alice.id}", "chat")


def test_it_is_good_once(acme: Tenant, alice: Person, vendor: Vendor, chat: Connector) -> None:
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    finished(started, alice, query)
    with pytest.raises(Forbidden, match=LOST):
        finished(started, alice, query)
    assert len(vendor.asked("/token")) == 1


def test_it_is_used_up_by_a_failure_too(acme: Tenant, alice: Person, vendor: Vendor, chat: Connector) -> None:
    started = begun(acme, alice, chat)
    with pytest.raises(CredentialRefused, match="The code is not good"):
        finished(started, alice, {"state": started.state, "code": "made-up"})
    with pytest.raises(Forbidden, match=LOST):
        finished(started, alice, vendor.consent(started.url))
    assert_still_pending(acme)


def test_it_refuses_who_is_late(acme: Tenant, alice: Person, vendor: Vendor, chat: Connector) -> None:
    started = begun(acme, alice, chat)
    with within(acme.id):
        OAuthFlow.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Forbidden, match=LOST):
        finished(started, alice, vendor.consent(started.url))
    assert_still_pending(acme)


@pytest.mark.parametrize("browser", ["", "another-browser"])
def test_it_refuses_another_browser_and_leaves_the_right_one_its_turn(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector, browser: str
) -> None:
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    with pytest.raises(Forbidden, match=LOST):
        finished(started, alice, query, browser=browser)
    assert_still_pending(acme)
    assert finished(started, alice, query).connection.state == "active"


def test_it_refuses_another_person(
    acme: Tenant, alice: Person, mallory: Person, vendor: Vendor, chat: Connector
) -> None:
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    for other in (mallory, make_person(acme, "carol", Role.OWNER), None):
        with pytest.raises(Forbidden, match=LOST):
            finished(started, other, query)
    assert_still_pending(acme)


def test_it_refuses_a_person_who_may_no_longer(acme: Tenant, alice: Person, vendor: Vendor, chat: Connector) -> None:
    started = begun(acme, alice, chat)
    with within(acme.id):
        Person.objects.filter(id=alice.id).update(role=Role.VIEWER)
    with pytest.raises(Forbidden, match="needs the right `credentials`"):
        finished(started, alice, vendor.consent(started.url))
    assert_still_pending(acme)


def test_it_refuses_a_state_that_was_made_up(acme: Tenant, alice: Person, vendor: Vendor, chat: Connector) -> None:
    started = begun(acme, alice, chat)
    for state in ("", "made-up", "\ud800"):
        with pytest.raises(Forbidden, match=LOST):
            finished(started, alice, {"state": state, "code": "7"})
    assert vendor.asked("/token") == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"error": "access_denied"}, "It says: “access_denied”"),
        ({"error": "access_denied", "error_description": "ada said no"}, "It says: “ada said no”"),
        ({}, "It says: “nothing”"),
    ],
)
def test_it_tells_why_the_vendor_sends_somebody_back(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector, query: dict[str, str], said: str
) -> None:
    started = begun(acme, alice, chat)
    with pytest.raises(CredentialRefused, match=said):
        finished(started, alice, {"state": started.state, **query})
    assert vendor.asked("/token") == []
    assert_still_pending(acme)


def test_it_repeats_no_secret_of_the_app(acme: Tenant, alice: Person, chat: Connector) -> None:
    started = begun(acme, alice, chat)
    said = {"error": "server_error", "error_description": f"no such client {CLIENT_ID} with {CLIENT_SECRET}"}
    with pytest.raises(CredentialRefused, match="no such client acme-app with") as refused:
        finished(started, alice, {"state": started.state, **said})
    assert CLIENT_SECRET not in refused.value.message


@pytest.mark.parametrize("wants_basic", [True, False])
def test_it_repeats_nothing_of_what_a_vendor_was_told(
    acme: Tenant, alice: Person, vendor: Vendor, wants_basic: bool
) -> None:
    chat = with_app(acme, vendor, way={"client_auth": "basic" if wants_basic else "body"})
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    told = client_pair(CLIENT_ID, CLIENT_SECRET) if wants_basic else CLIENT_SECRET
    vendor.refusal = Answer(400, {"error": "odd", "error_description": f"{query['code']} of {told} is odd"})
    with pytest.raises(CredentialRefused, match="is odd") as refused:
        finished(started, alice, query)
    assert not any(secret in refused.value.message for secret in (query["code"], told))


@pytest.mark.parametrize(("issuer", "iss", "taken"), [
    ("", "{vendor}", True),
    ("", "{vendor}/tenant/7", True),
    ("", "https://evil.example", False),
    ("https://id.example", "https://id.example", True),
    ("https://id.example", "https://id.example/other", False),
    ("https://id.example", "", False),
])  # fmt: skip
def test_it_takes_no_code_of_another_issuer(
    acme: Tenant, alice: Person, vendor: Vendor, issuer: str, iss: str, taken: bool
) -> None:
    started = begun(acme, alice, with_app(acme, vendor, way={"issuer": issuer} if issuer else {}))
    query = {**vendor.consent(started.url), "iss": iss.format(vendor=vendor.url)}
    if taken:
        assert finished(started, alice, query).connection.state == "active"
    else:
        with pytest.raises(Forbidden, match="does not come from Chat"):
            finished(started, alice, query)
        assert vendor.asked("/token") == []


def test_it_saves_nothing_when_the_service_does_not_take_the_token(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector
) -> None:
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    vendor.check = Answer(403, {"message": "no seat for ada"})
    with pytest.raises(CredentialRefused, match="no seat for ada"):
        finished(started, alice, query)
    assert_still_pending(acme)


@pytest.mark.parametrize(("answer", "error"), [
    (Answer(200, {"hello": "there"}), UpstreamBroken),
    (Answer(200, ["odd"]), UpstreamBroken),
    (Answer(200, {"access_token": 7}), UpstreamBroken),
    (Answer(500, {}), UpstreamFailure),
])  # fmt: skip
def test_it_saves_nothing_of_an_answer_without_a_token(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector, answer: Answer, error: type[Exception]
) -> None:
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    vendor.refusal = answer
    with pytest.raises(error):
        finished(started, alice, query)
    assert_still_pending(acme)


def test_it_keeps_id_and_slug_when_somebody_signs_in_again(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector
) -> None:
    first = signed_in(acme, alice, vendor, chat)
    before = tokens(first)
    again = signed_in_again(first, alice, vendor)
    assert (again.id, again.slug) == (first.id, first.slug)
    assert tokens(again) != before
    with within(acme.id):
        assert Credential.objects.count() == 1
        assert AuditEntry.objects.filter(action="connection.reconnected").count() == 1


def test_it_leaves_an_active_connection_as_it_is_until_its_person_is_back(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector
) -> None:
    first = signed_in(acme, alice, vendor, chat)
    before = tokens(first)
    vendor.refusal = Answer(400, {"error": "invalid_grant"})
    with pytest.raises(CredentialRefused):
        signed_in_again(first, alice, vendor)
    assert tokens(first) == before
    with within(acme.id):
        assert Connection.objects.get().state == "active"


def test_it_refuses_to_finish_what_was_disconnected_meanwhile(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector
) -> None:
    started = begun(acme, alice, chat)
    query = vendor.consent(started.url)
    disconnect(tenant_id=acme.id, by=manager_of(acme), connection_id=started.connection_id)
    with pytest.raises(Conflict, match="disconnected meanwhile"):
        finished(started, alice, query)


# --- What vendors do unlike others ---


def ways(acme: Tenant, alice: Person, vendor: Vendor, manners: Manners, **more: Any) -> Connection:
    vendor.manners = manners
    return signed_in(acme, alice, vendor, with_app(acme, vendor, **more))


def test_it_signs_in_as_slack_has_it(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    way = {
        "scope_separator": ",",
        "scope_parameter": "user_scope",
        "token_path": "authed_user.access_token",
        "error_path": "error",
    }
    manners = Manners(separator=",", nested="authed_user", answers_ok=True)
    found = ways(acme, alice, vendor, manners, way=way, error_when="!ok")
    assert tokens(found)[0] in vendor.access
    assert tokens(found)[1] in vendor.refresh
    assert found.scopes == ["chat:write", "users:read"]


def test_it_tells_slacks_refusal_although_it_is_200(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    vendor.manners = Manners(answers_ok=True)
    started = begun(acme, alice, with_app(acme, vendor, way={"error_path": "error"}))
    with pytest.raises(CredentialRefused, match="It says: “invalid_grant”"):
        finished(started, alice, {"state": started.state, "code": "made-up"})


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_it_blames_nobody_for_a_vendor_in_trouble(
    acme: Tenant, alice: Person, vendor: Vendor, chat: Connector, status: int
) -> None:
    started = begun(acme, alice, chat)
    vendor.refusal = Answer(status, {"error": "busy"})
    with pytest.raises(UpstreamFailure, match="It says: “busy”"):
        finished(started, alice, vendor.consent(started.url))
    assert_still_pending(acme)


def test_it_keeps_the_refresh_token_that_google_gives_once(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    way = {"authorize_params": {"access_type": "offline"}}
    first = ways(acme, alice, vendor, Manners(first_consent_only=True), way=way)
    refresh = tokens(first)[1]
    assert refresh in vendor.refresh
    assert tokens(signed_in_again(first, alice, vendor))[1] == refresh


def test_it_keeps_no_refresh_token_of_another_account(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    first = ways(acme, alice, vendor, Manners(first_consent_only=True))
    vendor.consented.add("bob")
    again = signed_in_again(first, alice, vendor, account="bob")
    assert (tokens(again)[1], again.account) == ("", "bob at Acme")


def test_it_keeps_where_an_account_of_salesforce_lives(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    found = ways(
        acme,
        alice,
        vendor,
        Manners(instance=vendor.url),
        base_url="{instance_url}",
        variables={"instance_url": {"pattern": r"http://127\.0\.0\.1:[0-9]+", "kept": True}},
        way={"keep": {"instance_url": "instance_url"}},
    )
    assert found.variables == {"instance_url": vendor.url}


def test_it_goes_to_no_instance_that_the_connector_does_not_allow(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    with pytest.raises(Invalid, match="sent a `instance_url`"):
        ways(
            acme,
            alice,
            vendor,
            Manners(instance="https://evil.example"),
            base_url="{instance_url}",
            variables={"instance_url": {"pattern": r"http://127\.0\.0\.1:[0-9]+", "kept": True}},
            way={"keep": {"instance_url": "instance_url"}},
        )
    assert vendor.asked("/me") == []
    assert_still_pending(acme)


def test_it_signs_in_as_notion_has_it(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    """A client in a header, a body of JSON, no PKCE, a token that does not expire."""
    way = {"client_auth": "basic", "token_format": "json", "pkce": False, "authorize_params": {"owner": "user"}}
    manners = Manners(wants_basic=True, wants_json=True, wants_pkce=False, lifetime=None)
    found = ways(acme, alice, vendor, manners, way=way)
    assert tokens(found)[1] == ""
    with within(acme.id):
        assert Credential.objects.get().expires_at is None


def test_it_signs_in_as_github_has_it(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    """Scopes with commas, JSON because it is accepted, and a refresh token with a life of its own."""
    found = ways(acme, alice, vendor, Manners(answers_form=True, separator=",", refresh_lifetime=15_897_600))
    assert tokens(found)[1] in vendor.refresh
    with within(acme.id):
        credential = Credential.objects.get()
        assert credential.refresh_expires_at is not None
        assert credential.refreshed_at is not None
        assert (credential.refresh_expires_at - credential.refreshed_at).days == 184


def test_it_reads_a_form_where_a_vendor_answers_nothing_else(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    found = ways(acme, alice, vendor, Manners(answers_form=True), way={"token_headers": {"Accept": "*/*"}})
    assert tokens(found)[0] in vendor.access


def test_it_takes_the_scopes_that_were_asked_for_where_the_vendor_says_none(
    acme: Tenant, alice: Person, vendor: Vendor
) -> None:
    assert ways(acme, alice, vendor, Manners(says_scopes=False)).scopes == ["chat:write", "users:read"]


def test_it_sends_no_verifier_where_the_vendor_knows_no_pkce(acme: Tenant, alice: Person, vendor: Vendor) -> None:
    ways(acme, alice, vendor, Manners(wants_pkce=False), way={"pkce": False})
    [asked] = vendor.asked("/token")
    assert "code_verifier" not in parse_qs(asked.body.decode())
    assert urlsplit(asked.path).query == ""


def test_it_shows_no_code_in_a_repr() -> None:
    assert "code-1" not in repr(Returned("state-1", code="code-1"))
    assert "state-1" not in repr(Returned("state-1"))
