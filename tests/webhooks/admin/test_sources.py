"""Sources in the browser: chosen, made, set up, given secrets, paused and removed."""

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from tests.browsing import Browse, address_of, list_of, text_of
from tests.webhooks.rows import make_event
from tests.webhooks.sending import SECRET, make_source, path_to
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.models.event import EventStatus
from webhooks.models.source import SourceState
from webhooks.signatures.shelf import scheme_named, scheme_names
from webhooks.sources.secrets import keep_secret

pytestmark = pytest.mark.django_db

LIST = list_of(WebhookSource)
ADD = f"{LIST}add/"
USUAL = {"max_body_bytes": "1000000", "retention_days": "30"}


def the_source(tenant: Tenant) -> WebhookSource:
    with within(tenant.id):
        return WebhookSource.objects.get()


def secrets_of(source: WebhookSource) -> list[WebhookSecret]:
    with within(source.tenant_id):
        return list(WebhookSecret.objects.filter(source=source))


class TestChoosing:
    def test_it_offers_every_scheme_with_how_it_signs(self, browse: Browse, alice: Person) -> None:
        page = browse(alice).page(ADD)
        assert all(f"?scheme={slug}" in page for slug in scheme_names())
        assert "HMAC-SHA256" in page

    def test_it_is_searched(self, browse: Browse, alice: Person) -> None:
        page = browse(alice).page(ADD, {"q": "git hub"})
        assert ("?scheme=github" in page, "?scheme=stripe" in page) == (True, False)
        assert "No service here is called “nobody”" in browse(alice).page(ADD, {"q": "nobody"})

    def test_what_there_is_not_is_said(self, browse: Browse, alice: Person) -> None:
        assert browse(alice).get(ADD, {"scheme": "nothing"}).status_code == 404

    @pytest.mark.parametrize("query", [{}, {"scheme": "github"}])
    def test_only_who_holds_credentials_may(self, browse: Browse, bob: Person, query: dict[str, str]) -> None:
        assert browse(bob).get(ADD, query).status_code == 403


class TestMaking:
    def test_it_makes_one_and_says_what_to_enter_where(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        fields = {"name": "Our repositories", "slug": "repo", "secret": SECRET, **USUAL}
        page = browse(alice).done(f"{ADD}?scheme=github", fields)
        source = the_source(acme)
        assert (source.name, source.slug, source.scheme) == ("Our repositories", "repo", "github")
        assert f"http://testserver{path_to(source)}" in page
        assert "the address above" in page
        assert len(secrets_of(source)) == 1
        assert SECRET not in page

    def test_it_asks_for_what_the_scheme_needs(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        page = browse(alice).page(ADD, {"scheme": "generic-hmac"})
        assert 'name="settings.header"' in page
        fields = {"name": "Own", "slug": "own", "settings.header": "X-Own", "settings.hash": "sha512", **USUAL}
        browse(alice).done(f"{ADD}?scheme=generic-hmac", fields)
        assert {"header": "X-Own", "hash": "sha512"}.items() <= the_source(acme).settings.items()

    def test_a_refusal_stands_beside_its_field_and_nothing_is_made(
        self, browse: Browse, alice: Person, acme: Tenant
    ) -> None:
        fields = {"name": "Own", "slug": "own", "allowed_networks": "nowhere", **USUAL}
        page = browse(alice).refused(f"{ADD}?scheme=github", fields)
        assert 'id="id_allowed_networks_error"' in page
        with within(acme.id):
            assert not WebhookSource.objects.exists()

    def test_a_secret_that_the_scheme_cannot_use_is_refused_beside_its_field(
        self, browse: Browse, alice: Person, acme: Tenant
    ) -> None:
        fields = {"name": "Messages", "slug": "messages", "secret": "whsec_C2FVsBQ!", **USUAL}
        page = browse(alice).refused(f"{ADD}?scheme=standard-webhooks", fields)
        assert 'id="id_secret_error"' in page
        assert "this is not base64" in page
        assert "C2FVsBQ" not in page
        with within(acme.id):
            assert not WebhookSource.objects.exists()

    def test_one_that_nobody_signs_for_is_declared_so(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        fields = {"name": "Open", "slug": "open", **USUAL}
        assert 'id="id_unsigned_error"' in browse(alice).refused(f"{ADD}?scheme=unsigned", fields)
        page = browse(alice).done(f"{ADD}?scheme=unsigned", {**fields, "unsigned": "on"})
        assert "nothing: anybody may post" in page
        assert the_source(acme).unsigned is True


class TestShowing:
    def test_the_list_counts_what_came(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        source = make_source(acme, name="Repositories")
        make_event(source)
        make_event(source, status=EventStatus.REJECTED, routing="")
        page = browse(vera).page(LIST)
        assert "Repositories" in page
        assert page.count('<span class="qm-number">1</span>') == 1
        assert page.count('<span class="qm-number qm-wrong">1</span>') == 1

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({}, {"active", "paused"}),
            ({"state": "paused"}, {"paused"}),
            ({"state": "removed"}, {"gone"}),
            ({"scheme": "github"}, {"active", "paused"}),
            ({"q": "act"}, {"active"}),
        ],
    )
    def test_the_list_is_narrowed(
        self, browse: Browse, vera: Person, acme: Tenant, query: dict[str, str], shown: set[str]
    ) -> None:
        for slug in ("active", "paused", "gone"):
            make_source(acme, slug, name=f"Named {slug}")
        with within(acme.id):
            WebhookSource.objects.filter(slug="paused").update(state=SourceState.PAUSED)
            WebhookSource.objects.filter(slug="gone").update(deleted_at="2026-11-20T12:00Z")
        page = browse(vera).page(LIST, query)
        assert {slug for slug in ("active", "paused", "gone") if f"Named {slug}" in page} == shown

    def test_only_who_holds_credentials_sees_the_address(
        self, browse: Browse, bob: Person, alice: Person, acme: Tenant
    ) -> None:
        source = make_source(acme)
        assert path_to(source) in browse(alice).page(address_of(source))
        page = browse(bob).page(address_of(source))
        assert path_to(source) not in page
        assert "An admin sees the address" in page

    def test_it_says_that_all_is_refused_while_there_is_no_secret(
        self, browse: Browse, alice: Person, acme: Tenant
    ) -> None:
        source = make_source(acme, secret="")
        assert "everything that comes is refused" in browse(alice).page(address_of(source))

    def test_it_says_what_it_has_for_a_reader(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        source = make_source(acme, allowed_networks=["203.0.113.0/24"], event_id_at="header:X-Id")
        make_event(source, event_type="issues")
        page = browse(vera).page(address_of(source))
        for shown in ("issues", "203.0.113.0/24", "header:X-Id", "HMAC-SHA256", "its events are kept"):
            assert shown in page


class TestChanging:
    def test_it_is_edited(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme)
        fields = {"name": "Renamed", **USUAL, "max_body_bytes": "2000", "rate_limit": '{"per_minute": 5}'}
        assert "is changed" in browse(alice).done(address_of(source, "edit"), fields)
        changed = the_source(acme)
        assert (changed.name, changed.max_body_bytes, changed.rate_limit) == ("Renamed", 2000, {"per_minute": 5})

    def test_it_is_paused_resumed_and_disabled(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source, visitor = make_source(acme), browse(alice)
        for act, state in (("pause", "paused"), ("resume", "active"), ("disable", "disabled")):
            visitor.done(address_of(source, act))
            assert the_source(acme).state == state

    def test_it_gets_another_secret_and_the_old_one_is_retired(
        self, browse: Browse, alice: Person, acme: Tenant
    ) -> None:
        source, visitor = make_source(acme), browse(alice)
        (old,) = secrets_of(source)
        visitor.done(address_of(source, "add-secret"), {"secret": "another one"})
        assert len(secrets_of(source)) == 2
        visitor.done(f"{address_of(source, 'retire-secret')}?secret={old.id}", {"after_hours": "0"})
        assert old not in secrets_of(source)

    def test_a_secret_is_retired_later(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme)
        (secret,) = secrets_of(source)
        page = browse(alice).done(f"{address_of(source, 'retire-secret')}?secret={secret.id}", {"after_hours": "24"})
        assert "Retires" in page
        assert secrets_of(source)[0].valid_until is not None

    def test_which_secret_has_to_be_said(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme)
        page = browse(alice).refused(address_of(source, "retire-secret"), {"after_hours": "0"})
        assert "Say which secret" in page
        assert len(secrets_of(source)) == 1

    def test_a_secret_that_was_entered_is_shown_to_nobody(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme)
        (secret,) = secrets_of(source)
        page = browse(alice).refused(f"{address_of(source, 'reveal-secret')}?secret={secret.id}")
        assert "A secret is not shown again." in page
        assert SECRET not in page

    def test_one_that_a_handshake_brought_is_shown_once_more(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme, scheme="notion", secret="")
        with within(acme.id):
            secret = keep_secret(source, scheme_named("notion"), "secret_of_notion", delivered=True)
        answer = browse(alice).post(f"{address_of(source, 'reveal-secret')}?secret={secret.id}")
        assert "secret_of_notion" in text_of(answer)
        assert "no-store" in answer["Cache-Control"]

    def test_it_gets_a_new_address(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme)
        before = path_to(source)
        page = browse(alice).done(address_of(source, "readdress"))
        assert path_to(the_source(acme)) in page
        assert path_to(the_source(acme)) != before

    def test_it_is_removed(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        source = make_source(acme)
        assert "is removed." in browse(alice).done(address_of(source, "remove"))
        assert the_source(acme).deleted_at is not None
        assert "It was removed" in browse(alice).page(address_of(source))

    def test_an_operator_may_do_none_of_it(self, browse: Browse, bob: Person, acme: Tenant) -> None:
        source = make_source(acme)
        for act in ("edit", "add-secret", "pause", "disable", "readdress", "remove"):
            assert browse(bob).post(address_of(source, act)).status_code == 403
        unchanged = the_source(acme)
        assert (unchanged.state, unchanged.deleted_at) == (SourceState.ACTIVE, None)
