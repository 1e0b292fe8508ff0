"""Against a real HTTP service that behaves, and misbehaves."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from integrations.embedding.compatible import (
    ATTEMPTS,
    IN_PLACE_OF_NOTHING,
    LONGEST_PAUSE_SECONDS,
    MOST_CHARACTERS,
    MOST_TEXTS,
    Compatible,
    NoService,
    configured,
)
from integrations.embedding.lexical_hash import vector_of
from integrations.errors import EgressBlocked, EmbedderRefused, EmbedderUnavailable
from tests.integrations.egress.upstreams import Peer
from tests.integrations.embedding.service import EmbeddingService, embeds, gives, hangs_up, rows

KEY = "sk-test-0123456789abcdef"


class Patience:
    """Waits in no time, and remembers how long that would have been."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def embedder(service: EmbeddingService, patience: Patience) -> Compatible:
    return Compatible(configured(), pause=patience)


async def test_it_asks_as_openai_is_asked(service: EmbeddingService, embedder: Compatible) -> None:
    (vector,) = await embedder.embed(["hello"])
    assert vector == pytest.approx(vector_of("hello"))
    assert service.asked == [{"model": "words-384", "input": ["hello"]}]
    assert service.upstream.seen[0].startswith("POST /v1/embeddings HTTP/1.1\n")
    assert service.header("content-type") == ["application/json"]
    assert service.header("authorization") == []


async def test_its_id_names_the_model(service: EmbeddingService, settings: Settings) -> None:
    assert Compatible(configured()).facts.id == "openai:words-384"
    settings.EMBEDDER_SHORTEN, settings.EMBEDDER_DIMENSIONS = True, 64
    embedder = Compatible(configured())
    assert (embedder.facts.id, embedder.facts.dimensions) == ("openai:words-384@64", 64)
    assert len((await embedder.embed(["hello"]))[0]) == 64
    assert service.asked == [{"model": "words-384", "input": ["hello"], "dimensions": 64}]


async def test_it_sends_its_key_and_shows_it_nowhere(
    service: EmbeddingService, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    settings.EMBEDDER_API_KEY_FILE = str(file)
    service.answers += [embeds, gives({"error": {"message": f"Incorrect API key provided: {KEY}"}}, "401 Unauthorized")]
    embedder = Compatible(configured())
    await embedder.embed(["hello"])
    assert service.header("authorization") == [f"Bearer {KEY}"]
    with caplog.at_level("DEBUG"), pytest.raises(EmbedderRefused, match="answered 401") as caught:
        await embedder.embed(["hello"])
    assert KEY not in caught.value.message + repr(embedder) + caplog.text
    assert len(service.asked) == 2


async def test_it_says_what_is_wrong_with_the_key(
    service: EmbeddingService, settings: Settings, tmp_path: Path
) -> None:
    settings.EMBEDDER_API_KEY_FILE = str(tmp_path / "missing")
    with pytest.raises(EmbedderRefused, match=r"EMBEDDER_API_KEY_FILE .* cannot be read: No such file") as caught:
        await Compatible(configured()).embed(["hello"])
    assert (caught.value.takes_nothing, service.asked) == (True, [])


async def test_it_makes_requests_that_services_take(service: EmbeddingService, embedder: Compatible) -> None:
    found = await embedder.embed(["x"] * (MOST_TEXTS + 1))
    assert len(found) == MOST_TEXTS + 1
    assert [len(each["input"]) for each in service.asked] == [MOST_TEXTS, 1]
    await embedder.embed(["x" * 8_000] * 40)
    assert [len(each["input"]) for each in service.asked[2:]] == [MOST_CHARACTERS // 8_000, 9]


async def test_it_sends_no_text_that_services_refuse(service: EmbeddingService, settings: Settings) -> None:
    settings.EMBEDDER_MAX_CHARACTERS = 5
    await Compatible(configured()).embed(["", " \n", "half \ud83d", "\ud83d", "long text"])
    assert service.asked[0]["input"] == [IN_PLACE_OF_NOTHING, IN_PLACE_OF_NOTHING, "half ", "?", "long "]


@pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Broken", "503 Busy", "408 Slow"])
async def test_it_tries_again_what_may_pass(
    status: str, service: EmbeddingService, embedder: Compatible, patience: Patience
) -> None:
    service.answers += [gives({}, status), hangs_up]
    assert len(await embedder.embed(["hello"])) == 1
    assert len(service.asked) == 3
    first, second = patience.pauses
    assert 0.5 <= first <= 0.6
    assert 1.0 <= second <= 1.2


async def test_it_waits_as_long_as_the_service_says(
    service: EmbeddingService, embedder: Compatible, patience: Patience
) -> None:
    service.answers += [gives({}, "429 Busy", Retry_After="7"), gives({}, "429 Busy", Retry_After="3600")]
    await embedder.embed(["hello"])
    first, second = patience.pauses
    assert 7 <= first <= 8.4
    assert LONGEST_PAUSE_SECONDS <= second <= LONGEST_PAUSE_SECONDS * 1.2


async def test_it_gives_up_in_the_end(service: EmbeddingService, embedder: Compatible, patience: Patience) -> None:
    busy = {"error": {"message": "Rate limit reached for words-384"}}
    service.answers += [gives(busy, "429 Busy", Retry_After="2")] * ATTEMPTS
    said = "The embedding service answered 429. It says: “Rate limit reached for words-384”."
    with pytest.raises(EmbedderUnavailable, match=re.escape(said)) as caught:
        await embedder.embed(["hello"])
    assert caught.value.retry_after == 2
    assert (len(service.asked), len(patience.pauses)) == (ATTEMPTS, ATTEMPTS - 1)


async def test_it_says_that_nobody_answers(service: EmbeddingService, embedder: Compatible, patience: Patience) -> None:
    service.answers += [hangs_up] * ATTEMPTS
    with pytest.raises(EmbedderUnavailable, match="The embedding service cannot be asked"):
        await embedder.embed(["hello"])


@pytest.mark.parametrize(
    ("answer", "takes_nothing"),
    [
        (gives({}, "400 Bad Request"), False),
        (gives({}, "413 Too Large"), False),
        (gives({}, "422 Unprocessable"), False),
        (gives({}, "401 Unauthorized"), True),
        (gives({}, "403 Forbidden"), True),
        (gives({}, "404 Not Found"), True),
        (gives({}, "302 Found", Location="/elsewhere"), True),
        (gives(b"<html>"), True),
        (gives({"object": "list"}), True),
        (gives({"data": rows(["a"], 383)}), False),
    ],
)
async def test_it_tells_a_refused_text_from_settings_that_are_wrong(
    answer: Callable[[Peer], bool], takes_nothing: bool, service: EmbeddingService, embedder: Compatible
) -> None:
    service.answers.append(answer)
    with pytest.raises(EmbedderRefused) as caught:
        await embedder.embed(["a"])
    assert caught.value.takes_nothing is takes_nothing


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (gives({"error": {"message": "No such model"}}, "404 Not Found"), "answered 404. It says: “No such model”."),
        (gives({"detail": "Too long"}, "400 Bad Request"), "answered 400. It says: “Too long”."),
        (gives(b"", "302 Found", Location="/elsewhere"), "answered 302. It says: “HTTP 302”."),
        (gives(b"<html>"), "The embedding service's answer is not JSON."),
        (gives({"object": "list"}), "has no list `data`. Is EMBEDDER_URL right?"),
        (gives([1]), "has no list `data`. Is EMBEDDER_URL right?"),
        (gives({"data": [[1.0]]}), "has no list `data`. Is EMBEDDER_URL right?"),
        (gives({"data": rows(["one"])}), "was sent 2 texts, and its answer is not for each of them."),
        (gives({"data": rows(["a", "b", "c"])}), "was sent 2 texts, and its answer is not for each of them."),
        (gives({"data": rows(["a"]) * 2}), "was sent 2 texts, and its answer is not for each of them."),
        (gives({"data": [{"index": True}, {"index": 0}]}), "was sent 2 texts, and its answer is not for each of them."),
        (
            gives({"data": rows(["a", "b"], 383)}),
            "unusable at $.data[0].embedding. A vector has 384 numbers here, not 383.",
        ),
        (
            gives({"data": [*rows(["a"]), {"index": 1, "embedding": "AAAA"}]}),
            "unusable at $.data[1].embedding. A vector is a list of 384 numbers.",
        ),
        (
            gives({"data": [*rows(["a"]), {"index": 1, "embedding": [0.0] * 384}]}),
            "unusable at $.data[1].embedding. A vector of nothing but zeros has no direction.",
        ),
        (
            gives({"data": [*rows(["a"]), {"index": 1, "embedding": [1e9] * 384}]}),
            "unusable at $.data[1].embedding[0]. Every value of a vector is a finite number",
        ),
        (
            gives(json.dumps({"data": [*rows(["a"]), {"index": 1, "embedding": [math.nan] * 384}]}).encode()),
            "answer is",
        ),
        (gives(b" " * 300_000), "larger than"),
    ],
    ids=[
        *("model", "text", "redirect", "html", "no data", "a list", "bare vectors", "one too few", "one too many"),
        *("twice the same", "no index", "short", "base64", "zeros", "huge", "nan", "large"),
    ],
)
async def test_it_takes_nothing_else_for_vectors(
    answer: Callable[[Peer], bool], said: str, service: EmbeddingService, embedder: Compatible
) -> None:
    service.answers.append(answer)
    with pytest.raises(EmbedderRefused, match=re.escape(said)) as caught:
        await embedder.embed(["a", "b"])
    assert (caught.value.code, caught.value.status, caught.value.retryable) == ("embedder_refused", 502, False)
    assert len(service.asked) == 1


async def test_it_goes_where_the_installation_may_and_nowhere_else(
    service: EmbeddingService, embedder: Compatible, settings: Settings
) -> None:
    settings.EGRESS_ALLOW_NETWORKS = [f"acme@{service.upstream.allowed}"]
    with pytest.raises(EmbedderRefused, match="is a loopback address") as caught:
        await embedder.embed(["hello"])
    assert isinstance(caught.value.__cause__, EgressBlocked)
    assert service.asked == []


def test_it_adds_what_comes_after_the_version(service: EmbeddingService) -> None:
    found = replace(configured(), url="https://api.example/v1/")
    assert found.address == "https://api.example/v1/embeddings"


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("EMBEDDER_MODEL", "", "EMBEDDER_MODEL is empty"),
        ("EMBEDDER_DIMENSIONS", 0, "EMBEDDER_DIMENSIONS is what the model's vectors have: 1 to 4000 numbers."),
        ("EMBEDDER_DIMENSIONS", 4_001, "EMBEDDER_DIMENSIONS is what"),
        ("EMBEDDER_MAX_CHARACTERS", 0, "EMBEDDER_MAX_CHARACTERS is at least 1."),
        ("EMBEDDER_CONNECTION", "acme/1", "either in EMBEDDER_API_KEY_FILE or in EMBEDDER_CONNECTION"),
    ],
)
def test_it_says_what_the_settings_lack(
    setting: str, value: Any, said: str, service: EmbeddingService, settings: Settings
) -> None:
    settings.EMBEDDER_API_KEY_FILE = "/key"
    setattr(settings, setting, value)
    with pytest.raises(NoService, match=re.escape(said)):
        configured()
