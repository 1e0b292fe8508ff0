"""Every call that has an id gets one result, however broken it is."""

from typing import Any

import pytest

from tests.corridor import Corridor
from tests.registry.batches.answering import Answering
from tests.registry.batches.conftest import Offer, offer, upstream
from tests.registry.messages.doors import to_anthropic, to_openai
from tests.registry.messages.shapes import function_call, tool_call, use

__all__ = ["offer", "upstream"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_it_gives_an_error_for_each_broken_call_and_runs_the_others(
    corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    broken = [{**use("a", "echo"), "input": "{}"}, {**use("b", ""), "name": None}, {"type": "tool_use", "id": "c"}]
    content = to_anthropic(corridor, {"role": "assistant", "content": [*broken, use("d", "echo", n=1)]})
    assert [(block["tool_use_id"], block.get("is_error"), block["content"]) for block in content] == [
        ("a", True, "invalid_arguments: The arguments are no JSON object. Send the tool's arguments by name."),
        ("b", True, "invalid_call: This call names no tool. Call one by its name."),
        ("c", True, "invalid_call: This call names no tool. Call one by its name."),
        ("d", None, '{"n": 1}'),
    ]
    assert upstream.sent_to("/echo") == [{"n": 1}]


def test_it_runs_as_many_as_it_may_and_gives_an_error_for_each_of_the_others(
    settings: Any, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    settings.BATCH_MAX_CALLS = 2
    offer("echo")
    broken = {**use("a", "echo"), "input": None}
    content = to_anthropic(
        corridor, {"role": "assistant", "content": [broken, *(use(f"t{n}", "echo", n=n) for n in range(4))]}
    )
    late = "too_many_calls: Of one message 2 calls are run, and this one came later. Call it again by itself."
    assert [(block["tool_use_id"], block["content"]) for block in content[1:]] == [
        ("t0", '{"n": 0}'),
        ("t1", '{"n": 1}'),
        ("t2", late),
        ("t3", late),
    ]
    assert [block.get("is_error") for block in content] == [True, None, None, True, True]
    assert sorted(body["n"] for body in upstream.sent_to("/echo")) == [0, 1]


@pytest.mark.parametrize(
    ("called", "told"),
    [
        (None, "Error: invalid_call: "),
        ({"arguments": "{}"}, "Error: invalid_call: "),
        ({"name": "echo"}, "Error: invalid_arguments: "),
        ({"name": "echo", "arguments": None}, "Error: invalid_arguments: "),
        ({"name": "echo", "arguments": {}}, "Error: invalid_arguments: "),
    ],
)
def test_it_gives_an_error_for_each_call_that_lacks_a_part(
    called: Any, told: str, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    calls = [{"id": "bad", "type": "function", "function": called}, tool_call("good", "echo", {"n": 1})]
    for message in (calls, {"role": "assistant", "tool_calls": calls}):
        bad, good = to_openai(corridor, message)["messages"]
        assert (bad["tool_call_id"], bad["content"][: len(told)], good["content"]) == ("bad", told, '{"n": 1}')
    assert upstream.sent_to("/echo") == [{"n": 1}] * 2


def test_it_gives_an_error_for_a_legacy_call_with_broken_arguments(corridor: Corridor, upstream: Answering) -> None:
    [message] = to_openai(corridor, {"role": "assistant", "function_call": {"name": "echo", "arguments": None}})[
        "messages"
    ]
    assert (message["name"], message["content"][:27]) == ("echo", "Error: invalid_arguments: T")
    assert upstream.received == []


def test_it_gives_an_error_for_each_item_that_lacks_a_part(
    corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    bad = [{"type": "function_call", "call_id": "a"}, {"type": "function_call", "call_id": "b", "name": "echo"}]
    sent = to_openai(corridor, {"output": [*bad, function_call("c", "echo", {"n": 1})]})["input"]
    assert [(item["call_id"], item["output"][:25]) for item in sent] == [
        ("a", "Error: invalid_call: This"),
        ("b", "Error: invalid_arguments:"),
        ("c", '{"n": 1}'),
    ]
    assert upstream.sent_to("/echo") == [{"n": 1}]
