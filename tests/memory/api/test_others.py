"""The addresses around one memory and about many: deletions, history, neighbours, links, namespaces."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.models import Memory
from tests.cast import make_agent, make_key
from tests.corridor import Corridor
from tests.memory.remembering import remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model")]


@pytest.fixture
def steward(corridor: Corridor, acme: Tenant) -> Corridor:
    """An admin's: they have the right to purge."""
    return corridor.as_(make_key(make_agent(acme, "steward", Role.ADMIN)))


def remove(corridor: Corridor, path: str) -> Any:
    return corridor.loop.run(corridor.api.send("DELETE", path, None))


def codes(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def rows_of(tenant: Tenant) -> int:
    with within(tenant.id):
        return len(Memory.objects.all())


def test_a_whole_namespace_is_counted_deleted_and_brought_back(corridor: Corridor, acme: Tenant) -> None:
    for number in range(3):
        remember(acme, f"Note {number}", namespace="notes/old")
    remember(acme, "Elsewhere", namespace="notesbook")
    body = {"filter": {"namespace": "notes"}}
    dry = corridor.post("memories/delete/", {**body, "dry_run": True}).json()
    assert dry == {"count": 3, "complete": True, "dry_run": True, "deletion": None}
    gone = corridor.post("memories/delete/", body).json()
    assert (gone["count"], gone["complete"]) == (3, True)
    assert len(corridor.get("memories/").json()["results"]) == 1
    back = corridor.post("memories/restore/", {"deletion": gone["deletion"]})
    assert back.json() == {"count": 3, "left": 0}
    assert len(corridor.get("memories/").json()["results"]) == 4


@pytest.mark.parametrize(
    ("path", "body", "fault"),
    [
        ("memories/delete/", {}, "$.filter"),
        ("memories/delete/", {"filter": {}}, "$.filter"),
        ("memories/delete/", {"filter": {"deleted_before": "2026-11-30T14:05:00Z"}}, "$.filter.deleted_before"),
        ("memories/delete/", {"filter": {"namespace": "a"}, "dry_run": 1}, "$.dry_run"),
        ("memories/restore/", {"deletion": "all"}, "$.deletion"),
    ],
)
def test_it_refuses_deletions_that_say_too_little(
    corridor: Corridor, acme: Tenant, path: str, body: Any, fault: str
) -> None:
    remember(acme, "Here.")
    answer = corridor.post(path, body)
    assert (answer.status_code, [each["path"] for each in answer.json()["errors"]]) == (422, [fault])
    assert len(corridor.get("memories/").json()["results"]) == 1


def test_only_who_manages_people_purges(corridor: Corridor, steward: Corridor, acme: Tenant) -> None:
    memory = remember(acme, "Note")
    assert codes(steward.post(f"memories/{memory.id}/purge/", {})) == (409, "conflict")
    remove(corridor, f"memories/{memory.id}/")
    assert codes(corridor.post(f"memories/{memory.id}/purge/", {})) == (403, "forbidden")
    assert rows_of(acme) == 1
    assert steward.post(f"memories/{memory.id}/purge/", None).json() == {
        "count": 1,
        "complete": True,
        "dry_run": False,
    }
    assert rows_of(acme) == 0


def test_many_are_purged_by_when_they_were_deleted(corridor: Corridor, steward: Corridor, acme: Tenant) -> None:
    memory = remember(acme, "Note")
    remove(corridor, f"memories/{memory.id}/")
    before, after = {"deleted_before": "2020-01-01T00:00:00Z"}, {"deleted_before": "2999-01-01T00:00:00Z"}
    assert codes(corridor.post("memories/purge/", {"filter": after})) == (403, "forbidden")
    assert steward.post("memories/purge/", {"filter": before}).json()["count"] == 0
    assert steward.post("memories/purge/", {"filter": after, "dry_run": True}).json()["count"] == 1
    assert rows_of(acme) == 1
    assert steward.post("memories/purge/", {"filter": after}).json()["count"] == 1
    assert rows_of(acme) == 0


def test_one_is_brought_back_once(corridor: Corridor, acme: Tenant) -> None:
    memory = remember(acme, "Note")
    remove(corridor, f"memories/{memory.id}/")
    answer = corridor.post(f"memories/{memory.id}/restore/", None)
    assert (answer.status_code, answer["ETag"], answer.json()["embedding"]) == (200, '"3"', "ready")
    again = corridor.post(f"memories/{memory.id}/restore/", {})
    assert (again.status_code, again["ETag"], again.json()) == (200, '"3"', answer.json())
    refused = corridor.post(f"memories/{memory.id}/restore/", {"colour": "red"})
    assert codes(refused) == (422, "invalid_input")
    said = "There is no such field. There are: wait_ms."
    assert refused.json()["errors"] == [{"path": "$.colour", "message": said}]


def test_its_history_has_pages(corridor: Corridor, acme: Tenant) -> None:
    memory = remember(acme, "One", trust="agent")
    for version, content in enumerate(["Two", "Three"], start=1):
        send = corridor.api.send("PATCH", f"memories/{memory.id}/", {"content": content}, if_match=f'"{version}"')
        assert corridor.loop.run(send).status_code == 200
    first = corridor.get(f"memories/{memory.id}/history/", {"limit": "1"}).json()
    assert [(each["version"], each["facts"]["content"], each["change"]) for each in first["results"]] == [
        (2, "Two", "updated")
    ]
    second = corridor.get(first["next"].removeprefix("http://testserver")).json()
    assert [(each["version"], each["facts"]["content"]) for each in second["results"]] == [(1, "One")]
    remove(corridor, f"memories/{memory.id}/")
    assert codes(corridor.get(f"memories/{memory.id}/history/")) == (404, "not_found")
    deleted = corridor.get(f"memories/{memory.id}/history/", {"deleted": "true"}).json()
    last = deleted["results"][0]
    assert (last["version"], last["facts"], last["change"]) == (3, {}, "deleted")


def test_links_are_made_listed_and_removed(corridor: Corridor, acme: Tenant) -> None:
    one, two, three = (remember(acme, text) for text in ("One", "Two", "Three"))
    body = {"from": str(one.id), "to": str(two.id), "type": "about", "metadata": {"by": "hand"}}
    made = corridor.post("memory-links/", body)
    told = made.json()
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/memory-links/{told['id']}/")
    assert (told["weight"], told["metadata"]) == (1.0, {"by": "hand"})
    assert corridor.get(f"memory-links/{told['id']}/").json() == told
    answer = corridor.post("memory-links/", {**body, "weight": 0.5})
    again = answer.json()
    assert (answer.status_code, answer["Location"], again["id"], again["weight"]) == (
        *(200, made["Location"]),
        *(told["id"], 0.5),
    )
    corridor.post("memory-links/", {"from": str(two.id), "to": str(three.id), "type": "caused_by"})
    query = {"memory": str(one.id), "direction": "out", "type": "about"}
    assert [each["id"] for each in corridor.get("memory-links/", query).json()["results"]] == [told["id"]]
    assert len(corridor.get("memory-links/").json()["results"]) == 2
    near = corridor.get(f"memories/{one.id}/neighbours/", {"hops": "2", "direction": "out"}).json()["results"]
    assert [(each["memory"]["content"], each["hops"], each["weight"]) for each in near] == [
        ("Two", 1, 0.5),
        ("Three", 2, 0.5),
    ]
    assert near[1]["path"] == [str(one.id), str(two.id), str(three.id)]
    typed = corridor.get(f"memories/{one.id}/neighbours/", {"types": "caused_by,supersedes"}).json()
    assert typed == {"results": []}
    assert remove(corridor, f"memory-links/{told['id']}/").json()["id"] == told["id"]
    assert codes(corridor.get(f"memory-links/{told['id']}/")) == (404, "not_found")


def test_namespaces_are_told_level_by_level(corridor: Corridor, acme: Tenant) -> None:
    for namespace in ("projects", "projects/apollo", "projects/apollo/crew", "projects/gemini", "notes"):
        remember(acme, "Here.", namespace=namespace)
    top = corridor.get("memory-namespaces/").json()
    assert top == {
        "next": None,
        "results": [{"namespace": "notes/", "count": 1}, {"namespace": "projects/", "count": 4}],
    }
    first = corridor.get("memory-namespaces/", {"under": "projects", "limit": "2"}).json()
    assert [(each["namespace"], each["count"]) for each in first["results"]] == [
        ("projects/", 1),
        ("projects/apollo/", 2),
    ]
    assert first["next"] == (
        "http://testserver/api/v1/memory-namespaces/?after=projects%2Fapollo%2F&limit=2&under=projects"
    )
    rest = corridor.get(first["next"].removeprefix("http://testserver")).json()
    assert rest == {"next": None, "results": [{"namespace": "projects/gemini/", "count": 1}]}
