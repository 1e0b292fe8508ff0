import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.caller import Caller, System
from accounts.errors import Invalid, Throttled
from accounts.models import Tenant
from accounts.offload import in_database_thread
from accounts.tenancy import within
from integrations.embedding.base import ModelFacts, Vector
from integrations.embedding.lexical_hash import LexicalHash, vector_of
from integrations.errors import EmbedderRefused, EmbedderUnavailable
from memory import bounded
from memory.models import Access, EmbeddingModel, Memory, ModelState, NamespaceRule
from memory.search import recall
from memory.search.recall import ModelChanged, search, search_memories
from memory.search.types import Answer, Arm, How, Mode, Route, SearchRequest
from tests.memory.search.rows import along, link, make_model, remember

TESTS = System("tests")
EVERY_MODE = pytest.mark.parametrize("mode", list(Mode))


@pytest.fixture
def model(db: None) -> EmbeddingModel:
    return make_model()


@pytest.fixture
def farm(acme: Tenant, globex: Tenant, model: EmbeddingModel) -> dict[str, Memory]:
    """What is near to [1, 0, …] is not what has the word `fox`, but for one that is both."""
    with within(acme.id):
        made = {
            "both": remember(acme, "the fox is red", model=model, vector=along(1, 0.1)),
            "near": remember(acme, "a vixen", model=model, vector=along(1)),
            "word": remember(acme, "one fox", model=model, vector=along(0, 1)),
            "far": remember(acme, "a whale", model=model, vector=along(0, 0, 1)),
            "new": remember(acme, "a fox without a vector"),
            "secret": remember(acme, "secret fox", model=model, vector=along(1), namespace="secret/"),
        }
        link(acme, made["both"], made["secret"])
        link(acme, made["both"], made["far"])
    with within(globex.id):
        remember(globex, "the fox of globex", model=model, vector=along(1))
    return made


def ask(tenant: Tenant, by: Caller | System = TESTS, *, vector: list[float] | None = None, **asked: Any) -> Answer:
    request = SearchRequest(**{"query": "fox", **asked})
    with within(tenant.id):
        return search_memories(tenant_id=tenant.id, by=by, request=request, vector=vector or along(1))


def contents(answer: Answer) -> list[str]:
    return [hit.memory.content for hit in answer.hits]


class TestModes:
    def test_it_finds_by_both_what_either_finds(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        answer = ask(acme, subtree="default/")
        assert contents(answer)[0] == "the fox is red"
        assert set(contents(answer)) == {memory.content for name, memory in farm.items() if name != "secret"}
        assert answer.how == How(Mode.HYBRID, Route.EXACT, scanned=4, model="words-8")

    def test_it_finds_by_meaning(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        answer = ask(acme, mode=Mode.SEMANTIC, subtree="default/")
        assert contents(answer)[:2] == ["a vixen", "the fox is red"]
        assert [hit.similarity for hit in answer.hits] == pytest.approx([1, 0.995, 0, 0], abs=0.001)
        assert [hit.score for hit in answer.hits] == [hit.similarity for hit in answer.hits]
        assert "a fox without a vector" not in contents(answer)

    def test_it_finds_by_words(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        answer = ask(acme, mode=Mode.KEYWORD, subtree="default/")
        assert set(contents(answer)) == {"the fox is red", "one fox", "a fox without a vector"}
        assert [hit.similarity for hit in answer.hits] == [None, None, None]
        assert answer.how == How(Mode.KEYWORD, Route.NONE)

    def test_it_finds_by_a_vector_alone(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        request = SearchRequest(vector=tuple(along(0, 0, 5)))
        with within(acme.id):
            answer = search_memories(tenant_id=acme.id, by=TESTS, request=request)
        assert contents(answer)[0] == "a whale"
        assert answer.hits[0].similarity == pytest.approx(1)
        assert answer.how.mode is Mode.SEMANTIC

    def test_it_has_no_similarity_for_what_words_alone_have_found(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        hits = {hit.memory.content: hit for hit in ask(acme, subtree="default/").hits}
        assert hits["a fox without a vector"].similarity is None
        assert hits["a fox without a vector"].embedding == "pending"
        assert hits["one fox"].similarity == pytest.approx(0)
        assert hits["one fox"].embedding == "ready"

    def test_it_explains_the_score(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        for hit in ask(acme, subtree="default/", expand_links=1).hits:
            assert hit.score == pytest.approx(sum(part.adds for part in hit.parts))
        first = ask(acme, subtree="default/").hits[0]
        assert [(part.arm, part.rank) for part in first.parts] == [(Arm.SEMANTIC, 2), (Arm.KEYWORD, 3)]

    def test_it_finds_no_more_than_asked_for(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        assert contents(ask(acme, limit=1)) == contents(ask(acme))[:1]

    @EVERY_MODE
    def test_it_keeps_to_quotes_and_minus_signs_where_words_count(
        self, acme: Tenant, farm: dict[str, Memory], mode: Mode
    ) -> None:
        found = contents(ask(acme, query="fox -red", mode=mode))
        assert ("the fox is red" in found) is (mode is Mode.SEMANTIC)

    def test_it_keeps_to_the_budget(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        answer = ask(acme, max_tokens=300)
        assert answer.truncated
        assert 0 < answer.tokens <= 300
        assert contents(answer) == contents(ask(acme))[: len(answer.hits)]


class TestWhatIsNeverFound:
    @EVERY_MODE
    @pytest.mark.parametrize("expand_links", [0, 2])
    def test_it_finds_nothing_of_another_tenant(
        self, acme: Tenant, globex: Tenant, farm: dict[str, Memory], mode: Mode, expand_links: int
    ) -> None:
        assert contents(ask(globex, mode=mode, expand_links=expand_links)) == ["the fox of globex"]
        assert "the fox of globex" not in contents(ask(acme, mode=mode, expand_links=expand_links))

    @EVERY_MODE
    @pytest.mark.parametrize("expand_links", [0, 2])
    def test_it_finds_nothing_that_the_caller_may_not_read(
        self, acme: Tenant, scout_caller: Caller, farm: dict[str, Memory], mode: Mode, expand_links: int
    ) -> None:
        with within(acme.id):
            NamespaceRule.objects.create(tenant=acme, namespace="secret/", access=Access.NONE)
        found = contents(ask(acme, scout_caller, mode=mode, expand_links=expand_links))
        assert "secret fox" not in found
        assert "the fox is red" in found
        assert contents(ask(acme, scout_caller, mode=mode, subtree="secret/", expand_links=expand_links)) == []

    @EVERY_MODE
    def test_it_finds_nothing_where_nothing_may_be_read(
        self, acme: Tenant, scout_caller: Caller, farm: dict[str, Memory], mode: Mode
    ) -> None:
        with within(acme.id):
            NamespaceRule.objects.create(tenant=acme, namespace="", access=Access.NONE)
        assert ask(acme, scout_caller, mode=mode).hits == ()

    @EVERY_MODE
    def test_it_finds_nothing_that_is_deleted_or_expired(
        self, acme: Tenant, farm: dict[str, Memory], mode: Mode
    ) -> None:
        now = timezone.now()
        with within(acme.id):
            # As if the vectors' rows had not been told.
            Memory.objects.filter(id=farm["both"].id).update(deleted_at=now)
            Memory.objects.filter(id=farm["near"].id).update(expires_at=now - timedelta(seconds=1))
        found = contents(ask(acme, mode=mode, expand_links=1))
        assert "the fox is red" not in found
        assert "a vixen" not in found

    @EVERY_MODE
    @pytest.mark.parametrize(
        "asked",
        [
            {"tags": ("x",)},
            {"kinds": ("event",)},
            {"trust": ("untrusted",)},
            {"end_user": "ada"},
            {"subtree": "elsewhere/"},
        ],
    )
    def test_it_finds_only_what_was_asked_for(
        self, acme: Tenant, model: EmbeddingModel, farm: dict[str, Memory], mode: Mode, asked: dict[str, Any]
    ) -> None:
        with within(acme.id):
            wanted = remember(
                acme,
                "wanted fox",
                model=model,
                vector=along(1, 1),
                tags=["x", "y"],
                kind="event",
                trust="untrusted",
                end_user="ada",
                namespace="elsewhere/below/",
            )
            link(acme, wanted, farm["far"])
        assert contents(ask(acme, mode=mode, expand_links=1, **asked)) == ["wanted fox"]


class TestLinks:
    def test_it_goes_on_over_links(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        without = ask(acme, mode=Mode.KEYWORD)
        with_links = ask(acme, mode=Mode.KEYWORD, expand_links=1)
        assert set(contents(with_links)) - set(contents(without)) == {"a whale"}
        (whale,) = [hit for hit in with_links.hits if hit.memory.content == "a whale"]
        assert (whale.similarity, whale.parts[0].arm, whale.parts[0].via) == (None, Arm.LINKS, farm["both"].id)


class TestModels:
    def test_it_compares_vectors_of_the_active_model_only(self, acme: Tenant, farm: dict[str, Memory]) -> None:
        EmbeddingModel.objects.update(state=ModelState.RETIRED)
        EmbeddingModel.objects.create(name="newer-8", dimensions=8, state=ModelState.ACTIVE)
        answer = ask(acme, mode=Mode.SEMANTIC)
        assert (answer.hits, answer.how) == ((), How(Mode.SEMANTIC, Route.NONE, model="newer-8"))

    def test_it_says_when_the_vector_is_of_a_model_that_was_changed(self, acme: Tenant, model: EmbeddingModel) -> None:
        request = SearchRequest(query="fox")
        EmbeddingModel.objects.update(state=ModelState.RETIRED)
        EmbeddingModel.objects.create(name="newer-8", dimensions=8, state=ModelState.ACTIVE)
        with within(acme.id), pytest.raises(ModelChanged):
            search_memories(tenant_id=acme.id, by=TESTS, request=request, vector=along(1), vector_of=model)

    @pytest.mark.parametrize("length", [7, 9])
    def test_it_refuses_a_vector_of_another_length(self, acme: Tenant, model: EmbeddingModel, length: int) -> None:
        request = SearchRequest(vector=(1.0,) * length)
        with within(acme.id), pytest.raises(Invalid) as refused:
            search_memories(tenant_id=acme.id, by=TESTS, request=request)
        assert [fault.path for fault in refused.value.faults] == ["$.vector"]

    def test_it_looks_for_words_where_there_is_no_model(self, acme: Tenant) -> None:
        with within(acme.id):
            remember(acme, "one fox")
            answer = search_memories(tenant_id=acme.id, by=TESTS, request=SearchRequest(query="fox"))
        assert contents(answer) == ["one fox"]
        assert answer.how.mode is Mode.KEYWORD
        assert answer.how.degraded == "Nothing has a vector yet: no embedding model is in use."

    @pytest.mark.parametrize("asked", [{"query": "fox", "mode": Mode.SEMANTIC}, {"vector": (1.0,)}])
    def test_it_cannot_go_by_meaning_where_there_is_no_model(self, acme: Tenant, asked: dict[str, Any]) -> None:
        with within(acme.id), pytest.raises(EmbedderUnavailable):
            search_memories(tenant_id=acme.id, by=TESTS, request=SearchRequest(**asked))


@pytest.mark.parametrize(("mode", "count"), [(Mode.HYBRID, 7), (Mode.SEMANTIC, 4), (Mode.KEYWORD, 5)])
def test_it_costs_so_many_queries(acme: Tenant, farm: dict[str, Memory], mode: Mode, count: int) -> None:
    request = SearchRequest(query="fox", mode=mode)
    with within(acme.id), CaptureQueriesContext(connection) as queries:
        search_memories(tenant_id=acme.id, by=TESTS, request=request, vector=along(1))
    assert len(queries) == count


class Fails:
    """An embedder that cannot, for one reason or another."""

    facts = ModelFacts("words-8", 8, "")

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        raise self.error


class Switches(LexicalHash):
    """Somebody changes the model while it works, the first time."""

    def __init__(self) -> None:
        self.asked = 0

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked += 1
        if self.asked == 1:
            await in_database_thread(change_model)
        return await super().embed(texts)


class Hangs:
    facts = LexicalHash.facts

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        await asyncio.Event().wait()
        return []


def sleep(**_: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")


def hang_up(**_: object) -> None:
    raise OperationalError("The connection is closed.")


def statement_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def change_model() -> None:
    EmbeddingModel.objects.update(state=ModelState.RETIRED)
    EmbeddingModel.objects.create(name="lexical-hash-v1", dimensions=384, state=ModelState.ACTIVE)


def keep(tenant_id: UUID, model: EmbeddingModel, content: str) -> None:
    with within(tenant_id):
        remember(Tenant.objects.get(id=tenant_id), content, model=model, vector=vector_of(content))


@pytest.mark.django_db(transaction=True)
class TestWithTheQuestionsVector:
    @pytest.fixture
    def lexical(self, acme: Tenant) -> EmbeddingModel:
        model = EmbeddingModel.objects.create(name="lexical-hash-v1", dimensions=384, state=ModelState.ACTIVE)
        for content in ("Claude Code is an AI assistant", "Bread is baked at dawn", "The cat sleeps on the sofa"):
            keep(acme.id, model, content)
        return model

    @EVERY_MODE
    async def test_it_makes_the_vector_and_finds(
        self, scout_caller: Caller, lexical: EmbeddingModel, mode: Mode
    ) -> None:
        answer = await search(caller=scout_caller, request=SearchRequest(query="AI assistant capabilities", mode=mode))
        assert contents(answer)[0] == "Claude Code is an AI assistant"

    @pytest.mark.parametrize("error", [EmbedderUnavailable("It is away."), EmbedderRefused("It is away.")])
    async def test_it_goes_on_with_words_while_no_vector_can_be_made(
        self, scout_caller: Caller, lexical: EmbeddingModel, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        monkeypatch.setattr(recall, "embedder_named", lambda _: Fails(error))
        answer = await search(caller=scout_caller, request=SearchRequest(query="AI assistant capabilities"))
        assert contents(answer) == ["Claude Code is an AI assistant"]
        assert answer.how == How(Mode.KEYWORD, Route.NONE, degraded="It is away.")
        with pytest.raises(type(error)):
            await search(caller=scout_caller, request=SearchRequest(query="fox", mode=Mode.SEMANTIC))

    async def test_it_goes_on_with_words_when_the_vector_takes_too_long(
        self, scout_caller: Caller, lexical: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recall, "embedder_named", lambda _: Hangs())
        monkeypatch.setattr(recall, "QUESTION_SECONDS", 0.05)
        answer = await search(caller=scout_caller, request=SearchRequest(query="cat"))
        assert contents(answer) == ["The cat sleeps on the sofa"]
        assert answer.how.degraded == "The question had no vector within 10 seconds."
        with pytest.raises(EmbedderUnavailable):
            await search(caller=scout_caller, request=SearchRequest(query="cat", mode=Mode.SEMANTIC))

    async def test_it_gives_up_a_search_that_takes_postgresql_too_long(
        self, scout_caller: Caller, lexical: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recall, "search_memories", sleep)
        monkeypatch.setattr(bounded, "LONGEST_STATEMENT_MS", 50)
        with pytest.raises(Throttled, match="takes too long"):
            await search(caller=scout_caller, request=SearchRequest(query="cat", mode=Mode.KEYWORD))
        assert await in_database_thread(statement_timeout) == "0"

    async def test_it_tells_another_failure_of_postgresql_as_it_is(
        self, scout_caller: Caller, lexical: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recall, "search_memories", hang_up)
        with pytest.raises(OperationalError):
            await search(caller=scout_caller, request=SearchRequest(query="cat", mode=Mode.KEYWORD))

    async def test_it_goes_on_with_words_where_the_model_cannot_be_run(
        self, scout_caller: Caller, lexical: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recall, "embedder_named", lambda _: None)
        answer = await search(caller=scout_caller, request=SearchRequest(query="cat"))
        assert contents(answer) == ["The cat sleeps on the sofa"]
        assert answer.how.degraded == "This installation cannot make vectors of the model that is in use."

    async def test_it_makes_no_vector_that_it_does_not_need(
        self, scout_caller: Caller, lexical: EmbeddingModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recall, "embedder_named", lambda _: Fails(AssertionError("asked")))
        await search(caller=scout_caller, request=SearchRequest(query="cat", mode=Mode.KEYWORD))
        await search(caller=scout_caller, request=SearchRequest(query="cat", vector=(1.0,) * 384))

    async def test_it_makes_another_vector_when_the_model_is_changed_meanwhile(
        self, acme: Tenant, scout_caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await in_database_thread(make_model)
        embedder = Switches()
        monkeypatch.setattr(recall, "embedder_named", lambda _: embedder)
        answer = await search(caller=scout_caller, request=SearchRequest(query="cat"))
        assert (answer.how.model, embedder.asked) == ("lexical-hash-v1", 2)
