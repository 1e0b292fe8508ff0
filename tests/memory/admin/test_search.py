"""Searching in the browser: what is found and why, as oneself or as an agent, and how a program asks the same."""

from datetime import UTC, datetime

import pytest

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from memory.admin.search_form import request_in
from memory.admin.search_hits import compared, hit_rows
from memory.links.create import link
from memory.models import Access, NamespaceRule
from memory.search.types import Answer, Arm, Hit, How, Mode, Part, Route
from registry.admin.command import curl
from tests.browsing import Browse, text_of
from tests.cast import CASTING
from tests.memory.remembering import remember

# Searches read through connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/memory/search/"


class TestPage:
    def test_it_asks_first(self, browse: Browse, vera: Person) -> None:
        assert "Look for something" in browse(vera).page(PAGE)

    def test_it_finds_by_words_and_says_why(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        remember(acme, "The deal closes in May.", namespace="projects/apollo", trust="untrusted", tags=["sales"])
        remember(acme, "Ada prefers mails.")
        page = browse(vera).page(PAGE, {"query": "when does the deal close", "mode": "keyword"})
        assert "1 hit</strong>" in page
        assert "The deal closes in May." in page
        assert "by words: 1st, ts_rank" in page
        assert "No vectors were compared." in page
        assert ">Untrusted<" in page
        assert "Ada prefers" not in page

    def test_a_program_asks_the_same(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        remember(acme, "Ada's deal")
        page = browse(vera).page(PAGE, {"query": "Ada's deal", "mode": "keyword", "namespace": "default", "limit": "3"})
        asked = {"query": "Ada's deal", "namespace": "default", "mode": "keyword", "limit": 3}
        assert curl("http://testserver/api/v1/memories/search/", asked) in page
        assert curl("http://testserver/api/v1/executions/", {"tool": "memory-query", "input": asked}) in page

    def test_links_are_followed(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        deal, other = remember(acme, "The deal closes in May."), remember(acme, "Ada signs.")
        with within(acme.id):
            link(by=CASTING, from_id=deal.id, to_id=other.id, type="signed_by")
        query = {"query": "deal", "mode": "keyword"}
        assert "Ada signs." not in browse(vera).page(PAGE, query)
        page = browse(vera).page(PAGE, {**query, "expand_links": "1"})
        assert "Ada signs." in page
        assert "by a link: 1st" in page

    def test_nothing_of_another_tenant_is_found(
        self, browse: Browse, mallory: Person, acme: Tenant, globex: Tenant
    ) -> None:
        remember(acme, "secret deal")
        page = browse(mallory).page(PAGE, {"query": "deal", "mode": "keyword"})
        assert "Nothing found" in page
        assert "secret" not in page

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"query": ""}, "This field is required."),
            ({"namespace": "a//b"}, "Give parts with a slash between them"),
            ({"where": '{"path": "a", "op": "like", "value": 1}'}, "op"),
            ({"where": "[]"}, "Write a JSON object"),
            ({"limit": "1000"}, "less than or equal to 200"),
            ({"any_time": "on", "valid_at": "2026-01-01T00:00"}, "Leave this out, or"),
        ],
    )
    def test_a_fault_stands_beside_its_field(
        self, browse: Browse, vera: Person, acme: Tenant, fields: dict[str, str], said: str
    ) -> None:
        answer = browse(vera).get(PAGE, {"query": "deal", "mode": "keyword", **fields})
        assert answer.status_code == 422
        assert said in text_of(answer)


class TestAsAgent:
    def test_it_finds_what_the_agent_may_read(self, browse: Browse, alice: Person, acme: Tenant, scout: Agent) -> None:
        remember(acme, "open deal", namespace="open")
        remember(acme, "closed deal", namespace="closed")
        with within(acme.id):
            NamespaceRule.objects.create(tenant=acme, agent=scout, namespace="closed/", access=Access.NONE)
        query = {"query": "deal", "mode": "keyword"}
        assert "closed deal" in browse(alice).page(PAGE, query)
        page = browse(alice).page(PAGE, {**query, "agent": "scout"})
        assert "open deal" in page
        assert "closed deal" not in page

    def test_only_who_looks_after_agents_may(self, browse: Browse, bob: Person, acme: Tenant, scout: Agent) -> None:
        assert "As agent" not in browse(bob).page(PAGE)
        remember(acme, "a deal")
        assert "a deal" in browse(bob).page(PAGE, {"query": "deal", "mode": "keyword", "agent": "scout"})

    def test_another_tenants_agent_is_no_choice(self, browse: Browse, alice: Person, acme: Tenant, spy: Agent) -> None:
        answer = browse(alice).get(PAGE, {"query": "deal", "mode": "keyword", "agent": "spy"})
        assert answer.status_code == 422


class TestHits:
    def test_a_score_is_shown_in_its_parts(self, acme: Tenant) -> None:
        memory = remember(acme, "x" * 500)
        parts = (Part(Arm.SEMANTIC, 2, 0.81234, 0.3), Part(Arm.KEYWORD, 11, 0.0601, 0.1))
        first, second = hit_rows(
            Answer((Hit(memory, 0.4, 0.81234, "ready", parts), Hit(memory, 0.2, None, "ready")), How(Mode.HYBRID))
        )
        assert (first.score, first.similarity, first.is_cut, len(first.text)) == ("0.400", 0.812, True, 400)
        assert [(part.said, part.x, part.width) for part in first.parts] == [
            ("by meaning: 2nd, adds 0.3", 0, 75.0),
            ("by words: 11th, ts_rank 0.06, adds 0.1", 75.0, 25.0),
        ]
        assert (second.number, second.similarity, second.parts) == (2, None, [])
        assert (first.similar_width, second.similar_width) == (0.812, 0.0)

    def test_nothing_found_is_no_row(self) -> None:
        assert hit_rows(Answer((), How(Mode.HYBRID))) == []

    @pytest.mark.parametrize(
        ("how", "said"),
        [
            (How(Mode.KEYWORD), "No vectors were compared."),
            (
                How(Mode.HYBRID, Route.EXACT, scanned=1234),
                "All 1,234 vectors that may be found were compared, one by one.",
            ),
            (
                How(Mode.HYBRID, Route.EXACT, scanned=2, fell_back=True),
                "All 2 vectors that may be found were compared, one by one. The index had given too little.",
            ),
            (How(Mode.HYBRID, Route.ANN, index="own", scanned=200), "200 candidates came from the tenant's own index."),
        ],
    )
    def test_it_says_how_vectors_were_compared(self, how: How, said: str) -> None:
        assert compared(how) == said


def test_only_what_was_said_is_asked_for() -> None:
    empty: dict[str, object] = {"namespace": "", "limit": None, "tags": [], "expand_links": 0, "any_time": False}
    assert request_in({"query": "a", **empty, "agent": "scout"}) == {"query": "a"}


def test_a_time_is_said_as_programs_say_it() -> None:
    assert request_in({"query": "a", "valid_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}) == {
        "query": "a",
        "valid_at": "2026-01-02T03:04:00Z",
    }
