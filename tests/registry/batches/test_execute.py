"""What each call of a batch asks for beside its input."""

import pytest

from tests.corridor import Corridor
from tests.registry.batches.answering import Answering, says
from tests.registry.batches.conftest import Offer

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_tells_of_each_answer_what_was_asked_for_and_hands_all_of_it_on(
    corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("find")
    offer("greet")
    upstream.on("/find", says({"id": 7, "name": "Ada", "notes": ["x" * 50] * 100}))
    calls = [
        {"id": "few", "tool": "find", "fields": ["id"]},
        {"id": "short", "tool": "find", "max_tokens": 100},
        {"id": "greet", "tool": "greet", "input": {"to": {"$from": "few", "path": "$.name"}}},
    ]
    few, short, greet = corridor.post("executions/batch/", {"calls": calls}).json()["outcomes"]
    assert few["output"] == {"id": 7}
    assert (short["output"]["id"], short["truncated"]["max_tokens"]) == (7, 100)
    assert short["truncated"]["tokens"] <= 100
    assert greet["output"] == {"to": "Ada"}
