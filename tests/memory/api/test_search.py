from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from integrations.embedding.lexical_hash import vector_of
from memory.models import EmbeddingModel, ModelState
from tests.cast import make_agent, make_key
from tests.doors import AsyncApi
from tests.memory.search.rows import remember

pytestmark = pytest.mark.django_db(transaction=True)

CONTENTS = ["Claude Code is an AI assistant", "Bread is baked at dawn", "The cat sleeps on the sofa"]


@pytest.fixture
def kept(acme: Tenant) -> EmbeddingModel:
    model = EmbeddingModel.objects.create(name="lexical-hash-v1", dimensions=384, state=ModelState.ACTIVE)
    with within(acme.id):
        for number, content in enumerate(CONTENTS):
            remember(acme, content, model=model, vector=vector_of(content), metadata={"n": number})
    return model


async def test_it_answers_with_hits_and_how_they_were_found(async_api: AsyncApi, kept: EmbeddingModel) -> None:
    answer = (await async_api.post("memories/search/", {"query": "AI assistant capabilities"})).json()
    first = answer["results"][0]
    assert first["content"] == "Claude Code is an AI assistant"
    assert first["metadata"] == {"n": 0}
    assert 0.3 < first["similarity"] < 1
    assert 0 < first["score"] < 1
    assert first["embedding"] == "ready"
    assert answer["how"] == {
        "mode": "hybrid",
        "route": "exact",
        "index": "",
        "scanned": 3,
        "model": "lexical-hash-v1",
        "fell_back": False,
        "degraded": "",
    }
    assert (answer["truncated"], answer["tokens"] > 0) == (False, True)


async def test_it_shows_the_fields_that_were_asked_for(async_api: AsyncApi, kept: EmbeddingModel) -> None:
    asked = {"query": "cat", "mode": "keyword", "fields": ["content"], "explain": True}
    (hit,) = (await async_api.post("memories/search/", asked)).json()["results"]
    assert set(hit) == {"id", "content", "score", "similarity", "explanation"}
    assert (hit["similarity"], hit["score"]) == (None, 0.060793)
    assert hit["explanation"] == [{"list": "keyword", "rank": 1, "value": 0.060793, "adds": 0.060793}]


async def test_it_keeps_to_conditions_and_vectors(async_api: AsyncApi, kept: EmbeddingModel) -> None:
    asked = {"vector": vector_of("cat"), "where": {"path": "n", "op": "lt", "value": 2}, "limit": 1}
    answer = (await async_api.post("memories/search/", asked)).json()
    assert len(answer["results"]) == 1
    assert answer["results"][0]["metadata"]["n"] < 2
    assert answer["how"]["mode"] == "semantic"


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"query": "x", "limit": 0}, ["$.limit"]),
        ({"query": "x", "limit": 10_000}, ["$.limit"]),
        ({"vector": [0.0] * 384}, ["$.vector"]),
        ({"vector": [1.0] * 383}, ["$.vector"]),
        ({"vector": [1.0] * 383 + [1e300]}, ["$.vector[383]"]),
        ({"query": "x", "where": {"path": "a", "op": "like", "value": "b"}}, ["$.where.op"]),
        ({"query": "x", "top_k": 3, "mode": "magic"}, ["$.top_k", "$.mode"]),
        ({}, ["$.query"]),
        ([], ["$"]),
    ],
)
async def test_it_says_what_is_wrong(async_api: AsyncApi, kept: EmbeddingModel, body: Any, paths: list[str]) -> None:
    response = await async_api.post("memories/search/", body)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert [fault["path"] for fault in response.json()["errors"]] == paths


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
async def test_it_refuses_what_is_no_json_number(async_api: AsyncApi, kept: EmbeddingModel, number: str) -> None:
    response = await async_api.post("memories/search/", f'{{"vector": [{number}, 1.0]}}'.encode())
    assert (response.status_code, response.json()["code"]) == (400, "malformed_request")


async def test_it_wants_to_know_who_asks(async_api: AsyncApi, kept: EmbeddingModel) -> None:
    assert (await async_api.as_(None).post("memories/search/", {"query": "cat"})).status_code == 401


async def test_it_shows_nothing_to_another_tenant(async_api: AsyncApi, spy_key: str, kept: EmbeddingModel) -> None:
    answer = (await async_api.as_(spy_key).post("memories/search/", {"query": "cat"})).json()
    assert answer["results"] == []


async def test_it_answers_whoever_may_read(async_api: AsyncApi, acme: Tenant, kept: EmbeddingModel) -> None:
    watcher: Agent = await sync_to_async(make_agent)(acme, "watcher", Role.VIEWER)
    key = await sync_to_async(make_key)(watcher)
    response = await async_api.as_(key).post("memories/search/", {"query": "cat"})
    assert (response.status_code, response.json()["results"][0]["content"]) == (200, "The cat sleeps on the sofa")


async def test_it_only_takes_posts(async_api: AsyncApi) -> None:
    assert (await async_api.get("memories/search/")).status_code == 405
