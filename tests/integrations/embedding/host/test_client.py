import json
import re

import pytest
from pytest_django import Settings

from integrations.embedding.host.client import Hosted
from integrations.embedding.host.wire import MOST_CHARACTERS, MOST_TEXTS, packed
from integrations.embedding.lexical_hash import vector_of
from integrations.embedding.minilm.facts import FACTS
from integrations.embedding.minilm.tokens import LONGEST_TEXT
from integrations.errors import EmbedderUnavailable
from tests.integrations.egress.upstreams import Behaviour, Peer, Upstream, upstream


def embeds(peer: Peer) -> bool:
    return peer.answer(packed([vector_of(text) for text in json.loads(peer.body)["texts"]]))


def asked(server: Upstream) -> list[list[str]]:
    return [json.loads(body)["texts"] for body in server.bodies]


async def test_it_asks_the_host_at_its_address(settings: Settings) -> None:
    with upstream({"/embed": embeds}) as server:
        settings.HOST_URL = server.url("")
        (vector,) = await Hosted(FACTS).embed(["hello"])
        assert vector == pytest.approx(vector_of("hello"), abs=1e-6)
        assert json.loads(server.bodies[0]) == {"model": "minilm-l6-v2", "texts": ["hello"]}


async def test_it_asks_for_no_more_at_once_than_the_host_takes(settings: Settings) -> None:
    with upstream({"/embed": embeds}) as server:
        settings.HOST_URL = server.url("")
        found = await Hosted(FACTS).embed([f"{number}" for number in range(MOST_TEXTS + 2)])
        assert len(found) == MOST_TEXTS + 2
        assert [len(texts) for texts in asked(server)] == [MOST_TEXTS, 2]


async def test_it_sends_no_more_of_a_text_than_is_read(settings: Settings) -> None:
    with upstream({"/embed": embeds}) as server:
        settings.HOST_URL = server.url("")
        await Hosted(FACTS).embed(["x" * 50_000] * 26)
        assert {len(text) for texts in asked(server) for text in texts} == {LONGEST_TEXT}
        assert [len(texts) for texts in asked(server)] == [MOST_CHARACTERS // LONGEST_TEXT, 1]


@pytest.mark.parametrize(
    ("behaviour", "said", "retry_after"),
    [
        (lambda peer: peer.answer(b"too few"), "The host answered something else than vectors.", None),
        (lambda peer: peer.answer(b"{}", "503 Busy", Retry_After="7"), "The host answers 503: {}", 7),
        (lambda peer: peer.answer(b"?", "500 Broken", Retry_After="soon"), "The host answers 500: ?", None),
        (lambda peer: peer.answer(bytes(20_000)), "The host that has the model does not answer. No answer", None),
        (lambda peer: peer.reset(), "The host that has the model does not answer. No answer", None),
    ],
    ids=["nonsense", "busy", "broken", "too much", "reset"],
)
async def test_it_says_what_is_wrong(
    behaviour: Behaviour, said: str, retry_after: float | None, settings: Settings
) -> None:
    with upstream({"/embed": behaviour}) as server:
        settings.HOST_URL = server.url("")
        with pytest.raises(EmbedderUnavailable, match=re.escape(said)) as caught:
            await Hosted(FACTS).embed(["hello"])
    assert caught.value.retry_after == retry_after
    assert (caught.value.code, caught.value.retryable) == ("embedder_unavailable", True)


async def test_it_says_that_no_host_is_there(settings: Settings) -> None:
    settings.HOST_URL = "unix:///nowhere/host.sock"
    with pytest.raises(EmbedderUnavailable, match=r"whether `manage\.py host` runs, at HOST_URL"):
        await Hosted(FACTS).embed(["hello"])
