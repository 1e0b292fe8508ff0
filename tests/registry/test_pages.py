"""The dashboard as it is served: without JavaScript it has to be complete."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.middleware import CHOSEN_TENANT
from accounts.models import Agent, Person, Tenant
from accounts.sealing import head_of
from accounts.tenancy import within
from registry.models import Execution
from registry.templatetags.dashboard import NOTHING, TIMES, milliseconds, share
from tests.browsing import Browse
from tests.registry.live.rows import ran, seal
from tests.registry.live.test_stats import make_tool

HOME = "/admin/"


@pytest.fixture
def parts() -> str:
    return reverse("dashboard-parts")


class TestBeforeTheFirstCall:
    def test_it_says_what_to_do_next(self, acme: Tenant, alice: Person, browse: Browse) -> None:
        page = browse(alice).page(HOME)
        assert "Nothing has been called yet" in page
        assert "Make one and issue it a key" in page
        assert "Register one" in page
        assert "As soon as there is a tool" in page
        assert "data-rows" not in page.partition("<template")[0]

    def test_it_shows_the_call_that_can_be_pasted(
        self, acme: Tenant, alice: Person, scout_key: str, browse: Browse
    ) -> None:
        make_tool(acme, "echo")
        page = browse(alice).page(HOME)
        assert "curl http://testserver/api/v1/tools/echo/execute/ -H 'Authorization: Bearer qm_YOUR_KEY'" in page
        assert page.count("qm-guide-done") == 2
        assert scout_key not in page

    def test_an_own_tool_is_proposed_before_a_shared_one(self, acme: Tenant, alice: Person, browse: Browse) -> None:
        make_tool(acme, "echo")
        make_tool(acme, "switched-off", enabled=False)
        assert "/tools/echo/execute/" in browse(alice).page(HOME)


class TestNumbers:
    def test_it_shows_what_happened(self, acme: Tenant, alice: Person, scout: Agent, browse: Browse) -> None:
        now = timezone.now()
        tool = make_tool(acme, "crm-find", "failing")
        first = ran(acme, now - timedelta(seconds=2), tool=tool, agent=scout, lasted_ms=41.26)
        ran(acme, now - timedelta(seconds=1), "failed", code="timeout")
        ran(acme, now, "refused", code="rate_limited", count=1250)
        page = browse(alice).page(HOME)
        assert "1,252" in page
        assert "1 failed · 1,250 refused" in page
        assert "50 %" in page
        assert f"rate_limited {TIMES}1,250" in page
        assert reverse("admin:registry_execution_change", args=[first.id]) in page
        assert "41.3 ms" in page
        assert "scout" in page
        assert "Look at these" in page
        assert reverse("admin:registry_tool_change", args=[tool.id]) in page

    def test_it_shows_the_newest_twenty_newest_first(self, acme: Tenant, alice: Person, browse: Browse) -> None:
        now = timezone.now()
        made = [ran(acme, now - timedelta(seconds=30 - n)) for n in range(25)]
        page = browse(alice).page(HOME)
        shown = [each.partition('"')[0] for each in page.split('<tr data-id="')[1:]]
        assert shown == [str(each.id) for each in reversed(made[5:])] + [str(UUID(int=0))]

    def test_a_healthy_tenant_has_nothing_to_look_at(self, acme: Tenant, alice: Person, browse: Browse) -> None:
        make_tool(acme, "crm-find", "healthy")
        ran(acme, timezone.now())
        assert "Look at these" not in browse(alice).page(HOME)

    def test_it_says_how_far_it_goes_so_that_the_socket_goes_on_from_there(
        self, acme: Tenant, alice: Person, browse: Browse
    ) -> None:
        ran(acme, timezone.now())
        seal(acme)
        with within(acme.id):
            position = head_of(acme.id).sequence
        assert f'data-position="{position}"' in browse(alice).page(HOME)

    def test_a_tools_name_is_text_and_nothing_else(self, acme: Tenant, alice: Person, browse: Browse) -> None:
        named = ran(acme, timezone.now())
        with within(acme.id):
            Execution.objects.filter(id=named.id).update(tool_slug="<script>alert(1)</script>")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browse(alice).get(HOME).content.decode()


class TestWho:
    def test_a_stranger_is_sent_to_sign_in(self, browse: Browse, parts: str) -> None:
        for address in (HOME, parts):
            assert browse(None).get(address)["Location"].startswith("/admin/login/")

    def test_every_role_may_look(self, vera: Person, browse: Browse) -> None:
        assert "Nothing has been called yet" in browse(vera).page(HOME)

    def test_another_tenant_sees_nothing_of_it(self, acme: Tenant, mallory: Person, browse: Browse, parts: str) -> None:
        make_tool(acme, "crm-find", "failing")
        ran(acme, timezone.now())
        for address in (HOME, parts):
            page = browse(mallory).page(address)
            assert "Nothing has been called yet" in page
            assert "crm-find" not in page

    def test_the_platforms_owner_sees_the_tenant_they_chose(self, acme: Tenant, platform_owner: Person) -> None:
        ran(acme, timezone.now())
        client = Client()
        client.force_login(platform_owner)
        assert "Nothing has been called yet" in client.get(HOME).content.decode()
        session = client.session
        session[CHOSEN_TENANT] = str(acme.id)
        session.save()
        assert "crm-find" in client.get(HOME).content.decode()


class TestParts:
    def test_they_are_the_page_without_its_chrome(
        self, acme: Tenant, alice: Person, browse: Browse, parts: str
    ) -> None:
        ran(acme, timezone.now())
        answer = browse(alice).get(parts)
        text = answer.content.decode()
        assert text.lstrip().startswith('<div class="qm-dash"')
        assert [each.partition('"')[0] for each in text.split('data-part="')[1:]] == [
            *("waiting", "tiles", "calls", "health", "circuits", "steps"),
        ]
        assert "<html" not in text
        assert "no-store" in answer["Cache-Control"]

    def test_they_cost_a_bounded_number_of_queries(
        self, acme: Tenant, alice: Person, browse: Browse, parts: str, django_assert_max_num_queries: object
    ) -> None:
        for n in range(30):
            ran(acme, timezone.now() - timedelta(seconds=n))
        visitor = browse(alice)
        visitor.get(parts)
        with django_assert_max_num_queries(14):  # type: ignore[operator]
            visitor.get(parts)


@pytest.mark.parametrize(
    ("part", "told"),
    [(None, NOTHING), (0.0, "0.0 %"), (0.0001, "0.1 %"), (0.0561, "5.6 %"), (0.5, "50 %"), (1.0, "100 %")],
)
def test_a_share_is_told_in_percent(part: float | None, told: str) -> None:
    assert share(part) == told


@pytest.mark.parametrize(
    ("duration", "told"),
    [(None, NOTHING), ("", NOTHING), (0.42, "420 µs"), (41.26, "41.3 ms"), (250, "250 ms"), (1500, "1.50 s")],
)
def test_a_duration_is_told_in_three_figures(duration: float | str | None, told: str) -> None:
    assert milliseconds(duration) == told
