"""Fields and budget through the whole corridor, and what is kept of them."""

import json
from typing import Any

import pytest

from accounts.models import Tenant
from registry.artifacts.storage import LocalArtifacts
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

CONTACTS = {
    "debug": {"took_ms": 12, "host": "crm-7"},
    "items": [{"name": f"Contact {number}", "id": number, "note": "n" * 50} for number in range(100)],
}
EXECUTE = "tools/crm-find/execute/"


def answering(upstream: Upstream, value: Any) -> None:
    upstream.will(Scripted(body=json.dumps(value).encode()))


def test_it_gives_only_the_fields_that_were_asked_for(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7}, fields=("items[*].id", "items[*].nothing"))
    assert outcome.output == {"items": [{"id": number} for number in range(100)]}
    assert outcome.truncated is None
    assert stored(acme, outcome).output == outcome.output


def test_it_cuts_to_the_budget_and_says_what_was_left_out(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, CONTACTS)
    outcome = corridor.call("crm-find", {"account": 7}, max_tokens=200)
    assert outcome.truncated is not None
    kept = len(outcome.output["items"])
    assert outcome.truncated["cuts"] == [{"path": "$.items", "what": "items", "kept": kept, "of": 100}]
    assert outcome.truncated["tokens"] <= outcome.truncated["max_tokens"] == 200
    row = stored(acme, outcome)
    assert (row.output, row.truncated) == (outcome.output, outcome.truncated)


def test_it_keeps_to_the_tools_budget_when_the_call_names_a_larger_one(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(max_output_tokens=100)
    answering(upstream, CONTACTS)
    for asked, budget in ((None, 100), (500, 100), (50, 50)):
        outcome = corridor.call("crm-find", {"account": 7}, max_tokens=asked)
        assert outcome.truncated is not None
        assert outcome.truncated["max_tokens"] == budget


def test_it_gives_a_cached_answer_the_shape_of_this_call(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(read_only=True, cache_seconds=60, response_mapping="{items: items}")
    answering(upstream, CONTACTS)
    first = corridor.call("crm-find", {"account": 7}, fields=("items.id",), max_tokens=50)
    second = corridor.call("crm-find", {"account": 7}, fields=("items.name",))
    whole = corridor.call("crm-find", {"account": 7})
    assert [each.cached for each in (first, second, whole)] == [False, True, True]
    assert second.output == {"items": [{"name": f"Contact {number}"} for number in range(100)]}
    assert whole.output == {"items": CONTACTS["items"]}
    assert len(upstream.received) == 1


def test_it_reads_the_same_letter_for_letter_when_it_is_told_again(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answering(upstream, {"zebra": 1, "items": [{"name": "b" * 400, "id": 1}], "a": 2})
    first = corridor.post(EXECUTE, {"input": {"account": 7}, "max_tokens": 60}, idempotency_key="k-1")
    again = corridor.post(EXECUTE, {"input": {"account": 7}, "max_tokens": 60}, idempotency_key="k-1")
    assert len(upstream.received) == 1
    assert json.dumps(first.json()["output"]) == json.dumps(again.json()["output"])
    assert first.json()["truncated"] == again.json()["truncated"]


def test_it_takes_another_shape_for_another_request(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    corridor.post(EXECUTE, {"input": {"account": 7}, "fields": ["ok"]}, idempotency_key="k-1")
    other = corridor.post(EXECUTE, {"input": {"account": 7}, "fields": ["id"]}, idempotency_key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_it_masks_before_it_cuts(acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream) -> None:
    """Half a key would not be known for one any more."""
    key = "sk-proj-" + "a1B2c3D4" * 6
    register()
    answering(upstream, {"log": "x " * 30 + key + " y" * 200})
    outcome = corridor.call("crm-find", {"account": 7}, max_tokens=50)
    assert key[:20] in outcome.output["log"]
    assert "sk-proj" not in str(stored(acme, outcome).output)


@pytest.mark.parametrize("size", [800, 1_200_000])
def test_it_masks_names_on_the_way_to_a_cut(
    size: int, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, folder: LocalArtifacts
) -> None:
    """Of a very large answer the row's form is made of what is told, in which nothing is left to cut."""
    key = "sk-proj-" + "a1B2c3D4" * 6
    register()
    answering(upstream, {"alice@example.com": {key: "x" * size}})
    made = corridor.call("crm-find", {"account": 7}, max_tokens=200)
    row = stored(acme, made)
    assert made.truncated is not None
    (cut,) = made.truncated["cuts"]
    assert cut["path"] == f'$["alice@example.com"]["{key}"]'
    masked = cut | {"path": '$["[redacted:email]"]["[redacted:openai-key]"]'}
    assert row.truncated == {**made.truncated, "cuts": [masked]}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"fields": []}, "$.fields"),
        ({"fields": "id"}, "$.fields"),
        ({"fields": ["id", "a..b"]}, "$.fields[1]"),
        ({"fields": ["id", 7]}, "$.fields[1]"),
        ({"fields": ["x"] * 101}, "$.fields"),
        ({"max_tokens": 15}, "$.max_tokens"),
        ({"max_tokens": "many"}, "$.max_tokens"),
        ({"max_tokens": 1_000_001}, "$.max_tokens"),
    ],
)
@pytest.mark.parametrize("door", [EXECUTE, "executions/"])
def test_it_refuses_a_shape_that_is_none_and_sends_nothing(
    more: dict[str, Any], path: str, door: str, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    named = {"tool": "crm-find"} if door == "executions/" else {}
    answer = corridor.post(door, {**named, "input": {"account": 7}, **more})
    assert (answer.status_code, [fault["path"] for fault in answer.json()["errors"]]) == (422, [path])
    assert upstream.received == []


def test_it_takes_fields_and_budget_at_both_doors(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    answering(upstream, CONTACTS)
    asked = {"input": {"account": 7}, "fields": ["items[*].name"], "max_tokens": 100}
    for door, named in ((EXECUTE, {}), ("executions/", {"tool": "crm-find"})):
        execution = corridor.post(door, {**asked, **named}).json()
        assert list(execution["output"]["items"][0]) == ["name"]
        assert execution["truncated"]["max_tokens"] == 100
        assert corridor.get(f"executions/{execution['id']}/").json()["truncated"] == execution["truncated"]
