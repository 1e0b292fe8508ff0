"""`memories/` and `memories/{id}/`"""

from typing import Any

import pytest

from accounts.models import Agent, Tenant
from accounts.roles import Role
from memory.models import Access, EmbeddingModel, Memory
from tests.cast import make_agent, make_key
from tests.corridor import Corridor
from tests.memory.remembering import remember, rule, seen_now

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model")]

TEXT = "Apollo flies on Monday."


def create(corridor: Corridor, body: Any, **headers: str) -> Any:
    return corridor.post("memories/", body, **headers)


def patch(corridor: Corridor, memory_id: str, body: Any, **headers: str) -> Any:
    return corridor.loop.run(corridor.api.send("PATCH", f"memories/{memory_id}/", body, **headers))


def remove(corridor: Corridor, memory_id: str, **headers: str) -> Any:
    return corridor.loop.run(corridor.api.send("DELETE", f"memories/{memory_id}/", None, **headers))


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def paths(answer: Any) -> list[str]:
    return [fault["path"] for fault in answer.json()["errors"]]


def test_a_new_one_is_made_and_says_where_it_is(corridor: Corridor, scout: Agent, acme: Tenant) -> None:
    answer = create(corridor, {"content": TEXT, "namespace": "projects/apollo", "tags": ["flight"]})
    told = answer.json()
    assert (answer.status_code, answer["ETag"], answer["Location"]) == (201, '"1"', f"/api/v1/memories/{told['id']}/")
    assert (told["created"], told["embedding"], told["trust"]) == (True, "ready", "agent")
    assert told["created_by"] == f"agent:{scout.id}"
    kept = seen_now(acme, told["id"])
    assert (kept.namespace, kept.content, kept.tags) == ("projects/apollo/", TEXT, ["flight"])


def test_what_is_there_is_answered_as_it_is(corridor: Corridor) -> None:
    first = create(corridor, {"content": TEXT, "kind": "plan"}).json()
    again = create(corridor, {"content": TEXT, "kind": "fact"})
    assert (again.status_code, again.json()) == (200, {**first, "created": False})


def test_who_does_not_wait_is_told_that_the_vector_is_pending(corridor: Corridor) -> None:
    assert create(corridor, {"content": TEXT, "wait_ms": 0}).json()["embedding"] == "pending"


def test_many_have_an_outcome_each(corridor: Corridor) -> None:
    answer = create(corridor, {"memories": [{"content": TEXT}, {"content": ""}, 7]})
    assert answer.status_code == 200
    assert [each["status"] for each in answer.json()["outcomes"]] == [201, 422, 422]


def test_all_or_none(corridor: Corridor, acme: Tenant) -> None:
    answer = create(corridor, {"memories": [{"content": TEXT}, {"content": ""}], "atomic": True})
    assert (codes(answer), paths(answer)) == ((422, "invalid_input"), ["$.memories[1].content"])
    assert corridor.get("memories/").json()["results"] == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"memories": {}}, "$.memories"),
        ({"memories": []}, "$.memories"),
        ({"memories": [{"content": TEXT}], "atomic": "yes"}, "$.atomic"),
        ({"memories": [{"content": TEXT}], "content": TEXT}, "$.content"),
        ([{"content": TEXT}], "$"),
    ],
)
def test_it_refuses_bodies_that_are_neither_one_nor_many(corridor: Corridor, body: Any, path: str) -> None:
    answer = create(corridor, body)
    assert (answer.status_code, paths(answer)) == (422, [path])


def test_a_key_makes_it_happen_once(corridor: Corridor) -> None:
    key = {"idempotency_key": "once"}
    body = {"content": TEXT}
    first = create(corridor, body, **key)
    patch(corridor, first.json()["id"], {"kind": "plan"}, if_match='"1"')
    again = create(corridor, body, **key)
    assert (again.status_code, again.json()["id"], again.json()["kind"]) == (201, first.json()["id"], "plan")
    assert codes(create(corridor, {"content": "Another."}, **key)) == (409, "idempotency_conflict")
    assert len(corridor.get("memories/").json()["results"]) == 1


def test_a_key_tells_of_a_memory_that_was_deleted_and_not_of_one_that_is_gone(corridor: Corridor, acme: Tenant) -> None:
    memory_id = create(corridor, {"content": TEXT}, idempotency_key="one").json()["id"]
    create(corridor, {"memories": [{"content": TEXT}, {"content": ""}]}, idempotency_key="many")
    remove(corridor, memory_id)
    again = create(corridor, {"content": TEXT}, idempotency_key="one")
    assert (again.status_code, "deleted_at" in again.json()) == (201, True)
    owner = corridor.as_(make_key(make_agent(acme, "steward", Role.ADMIN)))
    owner.post(f"memories/{memory_id}/purge/", {})
    assert codes(create(corridor, {"content": TEXT}, idempotency_key="one")) == (404, "not_found")
    many = create(corridor, {"memories": [{"content": TEXT}, {"content": ""}]}, idempotency_key="many")
    assert [each["status"] for each in many.json()["outcomes"]] == [404, 422]


def test_a_viewer_reads_and_does_not_write(corridor: Corridor, acme: Tenant) -> None:
    memory = remember(acme, TEXT)
    viewer = corridor.as_(make_key(make_agent(acme, "watcher", Role.VIEWER)))
    assert viewer.get(f"memories/{memory.id}/").json()["content"] == TEXT
    assert codes(create(viewer, {"content": "More."})) == (403, "forbidden")
    assert codes(remove(viewer, str(memory.id))) == (403, "forbidden")
    assert [each["content"] for each in viewer.get("memories/").json()["results"]] == [TEXT]


def test_where_an_agent_may_not_read_nothing_is(corridor: Corridor, acme: Tenant, scout: Agent) -> None:
    hidden = remember(acme, TEXT, namespace="people")
    rule(acme, "people/", Access.NONE, scout)
    assert codes(corridor.get(f"memories/{hidden.id}/")) == (404, "not_found")
    assert corridor.get("memories/").json()["results"] == []
    assert corridor.get("memory-namespaces/").json()["results"] == []


def test_a_change_names_the_version_that_was_read(corridor: Corridor, acme: Tenant) -> None:
    made = create(corridor, {"content": TEXT}).json()
    change = {"content": "Apollo flies on Tuesday."}
    assert codes(patch(corridor, made["id"], change)) == (428, "precondition_required")
    assert codes(patch(corridor, made["id"], change, if_match="*")) == (400, "malformed_request")
    assert codes(patch(corridor, made["id"], change, if_match='"2"')) == (412, "precondition_failed")
    assert seen_now(acme, made["id"]).content == TEXT
    answer = patch(corridor, made["id"], change, if_match='"1"')
    assert (answer.status_code, answer["ETag"], answer.json()["version"]) == (200, '"2"', 2)
    assert corridor.get(f"memories/{made['id']}/")["ETag"] == '"2"'


def test_a_deletion_may_name_it(corridor: Corridor, acme: Tenant) -> None:
    made = create(corridor, {"content": TEXT}).json()
    assert codes(remove(corridor, made["id"], if_match='"2"')) == (412, "precondition_failed")
    assert seen_now(acme, made["id"]).deleted_at is None
    answer = remove(corridor, made["id"], if_match='"1"')
    assert (answer.status_code, answer["ETag"], "deleted_at" in answer.json()) == (200, '"2"', True)


def test_a_list_is_filtered(corridor: Corridor) -> None:
    for number in range(3):
        create(corridor, {"content": f"Flight {number}", "tags": ["flight"], "metadata": {"crew": number}})
    create(corridor, {"content": "Else", "kind": "note", "trust": "untrusted", "end_user": "ada"})

    def found(**query: str) -> list[str]:
        return [each["content"] for each in corridor.get("memories/", query).json()["results"]]

    assert found(tags="flight") == ["Flight 2", "Flight 1", "Flight 0"]
    assert found(where='{"path": "crew", "op": "gt", "value": 1}') == ["Flight 2"]
    assert found(kind="note") == found(trust="untrusted") == found(end_user="ada") == ["Else"]
    assert found(namespace="elsewhere") == []
    assert found(valid_at="2026-11-30T14:05:00Z", limit="1") == ["Else"]


def test_a_list_has_pages_and_fields(corridor: Corridor) -> None:
    for number in range(3):
        create(corridor, {"content": f"Flight {number}"})
    first = corridor.get("memories/", {"limit": "2", "fields": "content"}).json()
    assert [sorted(each) for each in first["results"]] == [["content", "id"]] * 2
    second = corridor.get(first["next"].removeprefix("http://testserver")).json()
    assert ([each["content"] for each in second["results"]], second["next"]) == (["Flight 0"], None)


def test_deleted_ones_are_listed_when_asked_for(corridor: Corridor) -> None:
    made = create(corridor, {"content": TEXT}).json()
    remove(corridor, made["id"])
    (listed,) = corridor.get("memories/", {"deleted": "true"}).json()["results"]
    assert (listed["id"], "deleted_by" in listed) == (made["id"], True)
    assert corridor.get(f"memories/{made['id']}/", {"deleted": "true"}).json() == listed
    assert corridor.get("memories/").json()["results"] == []


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"where": "{"}, "where"),
        ({"where": '{"\\ud800": 1}'}, "where"),
        ({"where": "[" * 9_000}, "where"),
        ({"where": '{"path": "crew"}'}, "where.op"),
        ({"namespace": "../etc"}, "namespace"),
        ({"fields": "content,colour"}, "fields"),
        ({"colour": "red"}, "colour"),
        ({"trust": "much"}, "trust"),
    ],
)
def test_a_list_names_the_parameter_that_is_wrong(corridor: Corridor, query: dict[str, str], path: str) -> None:
    answer = corridor.get("memories/", query)
    assert answer.status_code == 422
    assert path in paths(answer)


def test_a_vector_can_be_sent_along(corridor: Corridor, model: EmbeddingModel) -> None:
    vector = [1.0] + [0.0] * (model.dimensions - 1)
    assert create(corridor, {"content": TEXT, "vector": vector, "wait_ms": 0}).json()["embedding"] == "ready"
    answer = create(corridor, {"content": "Short.", "vector": [1.0]})
    assert (answer.status_code, paths(answer)) == (422, ["$.vector"])
    assert Memory.__name__ not in answer.json()["detail"]
