"""`executions/anthropic/` and `executions/openai/`: a model's message in, what to send back out."""

import base64
import threading
from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.artifacts.storage import LocalArtifacts
from registry.messages.results import LONGEST_TEXT
from registry.permissions.rules import make_rule
from tests.catalogue import manager_of
from tests.corridor import Corridor
from tests.registry.batches.answering import Answering, says
from tests.registry.batches.conftest import Offer, offer, upstream
from tests.registry.execution.rows import executions
from tests.registry.messages.doors import to_anthropic, to_openai
from tests.registry.messages.sdk import takes_anthropic
from tests.registry.messages.shapes import anthropic, chat, function_call, responses, tool_call, use
from tests.upstream import Scripted

__all__ = ["offer", "upstream"]
pytestmark = pytest.mark.django_db(transaction=True)

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 20).decode()


def refused(answer: Any) -> tuple[int, str, list[str]]:
    body = answer.json()
    return answer.status_code, body["code"], [fault["path"] for fault in body.get("errors", [])]


def picture(content_type: str, body: bytes = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20) -> Scripted:
    return Scripted(body=body, headers={"Content-Type": content_type})


# --- Anthropic ---


def test_it_gives_one_result_for_every_tool_use_and_leaves_other_blocks_alone(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("crm-find")
    content = to_anthropic(
        corridor,
        anthropic(
            {"type": "thinking", "thinking": "Hm.", "signature": "s"},
            {"type": "text", "text": "I look.", "citations": None},
            use("toolu_1", "crm-find", n=1),
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}},
            use("toolu_2", "crm_find", n=2),
        ),
    )
    assert content == [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": '{"n": 1}'},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": '{"n": 2}'},
    ]
    assert [row.tool_slug for row in executions(acme)] == ["crm-find", "crm-find"]


def test_it_takes_the_message_alone(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    message = {"role": "assistant", "content": [use("toolu_1", "echo", a="b")]}
    takes_anthropic(message)
    assert to_anthropic(corridor, message)[0]["content"] == '{"a": "b"}'


@pytest.mark.parametrize("content", ["Hello.", [], [{"type": "text", "text": "Hello.", "citations": None}]])
def test_it_answers_a_message_that_asks_for_nothing_with_nothing(
    content: Any, corridor: Corridor, acme: Tenant
) -> None:
    assert to_anthropic(corridor, {"role": "assistant", "content": content}) == []
    assert executions(acme) == []


def test_it_runs_them_side_by_side(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("meet")
    all_there = threading.Barrier(4)
    upstream.on("/meet", Scripted(before=lambda: all_there.wait(10)))
    content = to_anthropic(corridor, anthropic(*(use(f"toolu_{n}", "meet") for n in range(4))))
    assert not any("is_error" in block for block in content)


def test_it_tells_the_model_what_went_wrong(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("broken")
    offer("strict", input_schema={"type": "object", "properties": {"n": {"type": "integer"}}})
    upstream.on("/broken", says({"sorry": True}, 500))
    content = to_anthropic(
        corridor,
        anthropic(use("a", "broken"), use("b", "strict", n="x"), use("c", "no-such"), use("d", "Bash", command="ls")),
    )
    assert [(block["tool_use_id"], block["is_error"]) for block in content] == [(each, True) for each in "abcd"]
    broken, strict, unknown, native = (block["content"] for block in content)
    assert broken.startswith("upstream_error: ")
    assert '{"status": 500, "body": {"sorry": true}}' in broken
    assert strict.startswith("invalid_input: ")
    assert '$.n: The value is not of type "integer"' in strict
    assert unknown.startswith("tool_not_found: There is no tool `no-such`")
    assert native.startswith("native_tool: `Bash` is a tool of your own runtime")


def test_it_calls_no_tool_by_the_name_of_a_native_one(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("bash")
    ours, theirs = to_anthropic(corridor, anthropic(use("a", "bash"), use("b", "Bash")))
    assert ("is_error" in ours, "is_error" in theirs) == (False, True)
    assert len(upstream.received) == 1


def test_it_tells_the_model_that_a_call_waits_for_a_person(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("pay")
    with within(acme.id):
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts={"name": "ask", "effect": "ask", "tools": ["pay"]})
    [block] = to_anthropic(corridor, anthropic(use("a", "pay")))
    [row] = executions(acme)
    assert block["content"].startswith(f"`pay` has not been run yet: it waits (execution {row.id} is pending).")
    assert "is_error" not in block
    assert upstream.received == []


def test_it_leaves_a_toolset_to_the_runtime(corridor: Corridor, upstream: Answering) -> None:
    block = {**use("a", "left_click", x=1), "toolset_name": "computer"}
    [result] = to_anthropic(corridor, {"role": "assistant", "content": [block]})
    assert (result["toolset_name"], result["is_error"]) == ("computer", True)
    assert upstream.received == []


def test_it_takes_inputs_as_they_stand(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("echo")
    to_anthropic(corridor, anthropic(use("a", "echo", x={"$from": "b", "path": "$"}), use("b", "echo")))
    assert {"x": {"$from": "b", "path": "$"}} in upstream.sent_to("/echo")


def test_it_gives_images_and_documents_as_blocks(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    for slug in ("png", "pdf", "zip", "mixed"):
        offer(slug)
    upstream.on("/png", picture("image/png"))
    upstream.on("/pdf", picture("application/pdf", b"%PDF-1.7"))
    upstream.on("/zip", picture("application/zip", b"PK00"))
    upstream.on("/mixed", says({"title": "t", "shots": [{"content_type": "image/png", "base64": PIXEL}]}))
    content = to_anthropic(corridor, anthropic(*(use(slug, slug) for slug in ("png", "pdf", "zip", "mixed"))))
    png, pdf, zipped, mixed = (block["content"] for block in content)
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    assert png == [{"type": "text", "text": "[1: image/png, 28 bytes]"}, image]
    assert (pdf[1]["type"], pdf[1]["source"]["media_type"]) == ("document", "application/pdf")
    assert "cannot be shown" in zipped[1]["text"]
    assert mixed == [{"type": "text", "text": '{"title": "t", "shots": ["[1: image/png, 28 bytes]"]}'}, image]


@pytest.mark.parametrize(("output", "text"), [("plain", "plain"), (None, "null"), ([1, "\u00e9"], '[1, "\u00e9"]')])
def test_it_gives_text_as_text_and_the_rest_as_json(
    output: Any, text: str, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("say")
    upstream.on("/say", says(output))
    assert to_anthropic(corridor, anthropic(use("a", "say")))[0]["content"] == text


def test_it_cuts_a_long_text_and_says_where_the_rest_is(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("long", artifact_threshold_bytes=1_000_000)
    upstream.on("/long", says("x" * (LONGEST_TEXT + 1)))
    [block] = to_anthropic(corridor, anthropic(use("a", "long")))
    [row] = executions(acme)
    assert block["content"].endswith(
        f"\n[Cut off: 100,001 characters in all, 100,000 shown. Execution {row.id} holds all of it.]"
    )
    assert len(block["content"]) < LONGEST_TEXT + 200


def test_it_tells_of_a_large_output_a_part_and_how_to_read_on(
    acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering, folder: LocalArtifacts
) -> None:
    offer("long")
    offer("photo", artifact_threshold_bytes=100)
    upstream.on("/long", says(["x" * 100] * 1000))
    upstream.on("/photo", picture("image/png", b"p" * 500))
    long, photo = to_anthropic(corridor, anthropic(use("a", "long"), use("b", "photo")))
    row = next(row for row in executions(acme) if row.tool_slug == "long")
    assert f"\n[Cut off. GET /api/v1/executions/{row.id}/artifact/?offset=0" in long["content"]
    assert len(long["content"]) < 5000
    assert [block["type"] for block in photo["content"]] == ["text", "image"]


def test_it_cuts_each_result_to_a_budget(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("long")
    upstream.on("/long", says({"items": ["x" * 20] * 1000}))
    [block] = to_anthropic(corridor, anthropic(use("a", "long")), "?max_tokens=100")
    assert len(block["content"]) < 1000
    assert "Cut off" in block["content"]


def test_it_runs_a_message_once_under_its_key(
    corridor: Corridor, offer: Offer, upstream: Answering, acme: Tenant
) -> None:
    offer("echo")
    message = anthropic(use("toolu_1", "echo", n=1), use("toolu_2", "echo", n=2))
    first = to_anthropic(corridor, message, idempotency_key="k-1")
    assert to_anthropic(corridor, message, idempotency_key="k-1") == first
    assert len(upstream.received) == 2
    assert {row.idempotency_key for row in executions(acme)} == {"k-1:toolu_1", "k-1:toolu_2"}
    other = anthropic(use("toolu_1", "echo", n=3))
    assert refused(corridor.post("executions/anthropic/", other, idempotency_key="k-1"))[:2] == (
        409,
        "idempotency_conflict",
    )


def test_it_takes_its_own_terms_from_the_address(acme: Tenant, corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    to_anthropic(corridor, anthropic(use("a", "echo")), "?conversation=c-1&provider=claude_code&max_parallel=1")
    to_anthropic(corridor, anthropic(use("a", "echo")))
    assert [(row.conversation, row.provider) for row in executions(acme)] == [("c-1", "claude_code"), ("", "anthropic")]
    assert refused(corridor.post("executions/anthropic/?parallel=1", anthropic()))[1:] == (
        "invalid_input",
        ["parallel"],
    )


def test_it_refuses_a_tool_that_excludes_the_provider(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("echo", excluded_providers=["anthropic"])
    [block] = to_anthropic(corridor, anthropic(use("a", "echo")))
    assert block["content"].startswith("forbidden: ")
    assert upstream.received == []


@pytest.mark.parametrize(
    ("message", "places"),
    [
        ([], ["$"]),
        ({}, ["$"]),
        ({"role": "user", "content": []}, ["$"]),
        ({"role": "assistant"}, ["$"]),
        ({"role": "assistant", "content": ["text"]}, ["$.content[0]"]),
        ({"role": "assistant", "content": [{"type": "tool_use", "name": "echo", "input": {}}]}, ["$.content[0].id"]),
        ({"role": "assistant", "content": [use("a", "b"), use("a", "c")]}, ["$.content"]),
        ({"role": "assistant", "content": [use(f"t{n}", "echo") for n in range(1_001)]}, ["$.content"]),
    ],
)
def test_it_refuses_what_is_no_message_and_runs_nothing(
    message: Any, places: list[str], acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    assert refused(corridor.post("executions/anthropic/", message)) == (422, "invalid_input", places)
    assert (upstream.received, executions(acme)) == ([], [])


# --- OpenAI, Chat Completions ---


def test_it_gives_one_tool_message_for_every_tool_call(corridor: Corridor, offer: Offer) -> None:
    offer("crm-find")
    message = chat(tool_call("call_1", "crm_find", {"n": 1}), tool_call("call_2", "crm-find", ""))
    assert to_openai(corridor, message) == {
        "messages": [
            {"role": "tool", "tool_call_id": "call_1", "content": '{"n": 1}'},
            {"role": "tool", "tool_call_id": "call_2", "content": "{}"},
        ]
    }


def test_it_takes_the_whole_answer_and_the_calls_alone(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    message = chat(tool_call("call_1", "echo", {}))
    expected = to_openai(corridor, message)
    assert to_openai(corridor, {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}) == expected
    assert to_openai(corridor, message["tool_calls"]) == expected
    assert to_openai(corridor, chat(content="Hello.")) == {"messages": []}


@pytest.mark.parametrize("arguments", ['{"n": 1', "[1]", "7", '{"n": NaN}', '{"n": "\\ud800"}', "{'n': 1}"])
def test_it_tells_the_model_that_its_arguments_are_broken(
    arguments: str, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    answer = to_openai(corridor, chat(tool_call("bad", "echo", arguments), tool_call("good", "echo", {"n": 1})))
    bad, good = answer["messages"]
    assert bad["content"].startswith("Error: invalid_arguments: ")
    assert good["content"] == '{"n": 1}'
    assert upstream.sent_to("/echo") == [{"n": 1}]


def test_it_gives_an_error_for_a_custom_tool_and_an_unknown_one(corridor: Corridor) -> None:
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "grep", "input": "text"}}
    answer = to_openai(corridor, chat(custom, tool_call("call_2", "no-such", {})))
    assert [each["content"][:26] for each in answer["messages"]] == [
        "Error: custom_tool: Quarte",
        "Error: tool_not_found: The",
    ]


def test_it_answers_a_legacy_function_call(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    message = chat(function_call={"name": "echo", "arguments": '{"n": 1}'})
    assert to_openai(corridor, message) == {"messages": [{"role": "function", "name": "echo", "content": '{"n": 1}'}]}


def test_it_says_in_text_what_a_tool_message_cannot_hold(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("png")
    upstream.on("/png", picture("image/png"))
    [message] = to_openai(corridor, chat(tool_call("a", "png", {})))["messages"]
    assert message["content"] == (
        "[1: image/png, 28 bytes]\n[1: image/png, 28 bytes] cannot be shown: this API takes text only."
    )


# --- OpenAI, Responses ---


def test_it_gives_one_output_for_every_function_call_item(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
    search = {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": "x"},
    }
    answer = responses(
        reasoning, function_call("call_1", "echo", {"n": 1}), search, function_call("call_2", "no-such", {})
    )
    sent = to_openai(corridor, answer)["input"]
    assert sent[0] == {"type": "function_call_output", "call_id": "call_1", "output": '{"n": 1}'}
    assert (sent[1]["call_id"], sent[1]["output"][:22]) == ("call_2", "Error: tool_not_found:")
    assert to_openai(corridor, answer["output"])["input"][0] == sent[0]
    assert to_openai(corridor, answer["output"][1])["input"] == sent[:1]


def test_it_gives_images_and_files_as_parts(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    for slug in ("png", "pdf", "zip"):
        offer(slug)
    upstream.on("/png", picture("image/png"))
    upstream.on("/pdf", picture("application/pdf", b"%PDF-1.7"))
    upstream.on("/zip", picture("application/zip", b"PK00"))
    sent = to_openai(corridor, responses(*(function_call(slug, slug, {}) for slug in ("png", "pdf", "zip"))))["input"]
    assert sent[0]["output"] == [
        {"type": "input_text", "text": "[1: image/png, 28 bytes]"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
    ]
    assert sent[1]["output"][1] == {
        "type": "input_file",
        "filename": "file.pdf",
        "file_data": "data:application/pdf;base64,JVBERi0xLjc=",
    }
    assert "cannot be shown" in sent[2]["output"][1]["text"]


def test_it_answers_a_custom_tool_and_keeps_who_called(corridor: Corridor, offer: Offer) -> None:
    offer("echo")
    custom = {"type": "custom_tool_call", "call_id": "call_1", "name": "grep", "input": "x"}
    program = {"type": "program", "caller_id": "p_1"}
    sent = to_openai(corridor, responses(custom, function_call("call_2", "echo", {}, caller=program)))["input"]
    assert (sent[0]["type"], sent[0]["output"][:19]) == ("custom_tool_call_output", "Error: custom_tool:")
    assert sent[1]["caller"] == program


def test_it_runs_openai_calls_once_under_their_key(corridor: Corridor, offer: Offer, upstream: Answering) -> None:
    offer("echo")
    message = chat(tool_call("call_1", "echo", {"n": 1}))
    assert to_openai(corridor, message, idempotency_key="k") == to_openai(corridor, message, idempotency_key="k")
    assert len(upstream.received) == 1


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["$"]),
        ("text", ["$"]),
        ({"role": "user", "content": "x"}, ["$"]),
        ({"choices": []}, ["$.choices"]),
        ({"choices": [{"message": chat()}, {"message": chat()}]}, ["$.choices"]),
        ({"role": "assistant", "tool_calls": {}}, ["$.tool_calls"]),
        ({"role": "assistant", "tool_calls": [7]}, ["$.tool_calls[0]"]),
        ({"role": "assistant", "tool_calls": [{"type": "function"}]}, ["$.tool_calls[0].id"]),
        ({"role": "assistant", "tool_calls": [tool_call(f"c{n}", "b", {}) for n in range(1_001)]}, ["$.tool_calls"]),
        ({"role": "assistant", "tool_calls": [tool_call("a", "b", {}), tool_call("a", "c", {})]}, ["$.tool_calls"]),
        ({"role": "assistant", "function_call": "echo"}, ["$.function_call"]),
        ([7], ["$[0]"]),
        ({"output": [function_call("", "echo", {})]}, ["$.output[0].call_id"]),
        ({"output": [{"type": "local_shell_call", "id": "lsh_1"}]}, ["$.output[0].call_id"]),
        ([function_call("a", "b", {}), function_call("a", "c", {})], ["$"]),
    ],
)
def test_it_refuses_what_no_openai_model_answers(
    body: Any, places: list[str], acme: Tenant, corridor: Corridor, offer: Offer, upstream: Answering
) -> None:
    offer("echo")
    assert refused(corridor.post("executions/openai/", body)) == (422, "invalid_input", places)
    assert (upstream.received, executions(acme)) == ([], [])
