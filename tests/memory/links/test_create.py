from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.delete import delete_memory
from memory.errors import MemoryNotFound
from memory.links import create
from memory.links.create import link
from memory.models import Access, Memory, MemoryLink
from tests.memory.remembering import CURATOR, agent_caller, remember, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(scout: Agent) -> Caller:
    return agent_caller(scout)


@pytest.fixture
def two(acme: Tenant) -> tuple[Memory, Memory]:
    return remember(acme, "a"), remember(acme, "b")


def linked(first: Memory, second: Memory, by: Any = CURATOR, **facts: Any) -> MemoryLink:
    with within(first.tenant_id):
        return link(by=by, from_id=first.id, to_id=second.id, **{"type": "about", **facts}).link


def links(tenant: Tenant) -> list[tuple[str, float, Any]]:
    with within(tenant.id):
        return list(MemoryLink.objects.values_list("type", "weight", "metadata"))


def told(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    with within(tenant.id):
        return list(AuditEntry.objects.filter(action="memory.linked").values_list("subject", "detail"))


def test_it_links_one_to_another(acme: Tenant, two: tuple[Memory, Memory], by: Caller) -> None:
    made = linked(*two, by, type="caused_by", weight=0.5, metadata={"why": "tests"})
    assert (made.from_memory_id, made.to_memory_id, made.created_by) == (two[0].id, two[1].id, by.actor)
    assert links(acme) == [("caused_by", 0.5, {"why": "tests"})]
    detail = {"link": str(made.id), "to": str(two[1].id), "type": "caused_by", "weight": 0.5}
    assert told(acme) == [(f"memory:{two[0].id}", detail)]


def test_true_in_place_of_one_is_another_metadata(acme: Tenant, two: tuple[Memory, Memory]) -> None:
    linked(*two, metadata={"seen": 1})
    linked(*two, metadata={"seen": True})
    assert repr(links(acme)) == repr([("about", 1.0, {"seen": True})])


@pytest.mark.parametrize("metadata", [[1, 2], [["a", 1]], "text", 5, 0, False, []])
def test_it_refuses_metadata_that_are_no_object(acme: Tenant, two: tuple[Memory, Memory], metadata: Any) -> None:
    with pytest.raises(Invalid) as refused:
        linked(*two, metadata=metadata)
    assert [fault.path for fault in refused.value.faults] == ["$.metadata"]
    assert links(acme) == []


def test_the_same_again_puts_weight_and_metadata(acme: Tenant, two: tuple[Memory, Memory]) -> None:
    first = linked(*two)
    assert linked(*two).id == first.id
    assert len(told(acme)) == 1
    again = linked(*two, weight=0.2, metadata={"a": 1})
    assert (again.id, links(acme), len(told(acme))) == (first.id, [("about", 0.2, {"a": 1})], 2)


def test_it_says_whether_it_is_new(acme: Tenant, two: tuple[Memory, Memory]) -> None:
    first, second = two
    with within(acme.id):
        made = [
            link(by=CURATOR, from_id=first.id, to_id=second.id, type="about", weight=weight) for weight in (1, 1, 0.5)
        ]
    assert [one.is_new for one in made] == [True, False, False]


def test_it_names_both_ends_where_neither_is_there(acme: Tenant) -> None:
    with pytest.raises(MemoryNotFound) as refused, within(acme.id):
        link(by=CURATOR, from_id=uuid4(), to_id=uuid4(), type="about")
    assert [fault.path for fault in refused.value.faults] == ["$.from", "$.to"]


def test_other_types_and_the_way_back_are_other_links(acme: Tenant, two: tuple[Memory, Memory]) -> None:
    first, second = two
    made = {linked(first, second).id, linked(first, second, type="supersedes").id, linked(second, first).id}
    assert (len(made), len(links(acme))) == (3, 3)


@pytest.mark.parametrize(
    ("facts", "paths"),
    [
        ({"type": ""}, ["$.type"]),
        ({"type": "A"}, ["$.type"]),
        ({"type": "a" * 65}, ["$.type"]),
        ({"type": None}, ["$.type"]),
        ({"weight": 0}, ["$.weight"]),
        ({"weight": 1e-200}, ["$.weight"]),
        ({"weight": 1.01}, ["$.weight"]),
        ({"weight": True}, ["$.weight"]),
        ({"weight": float("nan")}, ["$.weight"]),
        ({"weight": "1"}, ["$.weight"]),
        ({"metadata": {"a": "x" * 4_096}}, ["$.metadata"]),
        ({"type": "!", "weight": -1}, ["$.type", "$.weight"]),
    ],
)
def test_it_refuses_what_is_no_link(
    acme: Tenant, two: tuple[Memory, Memory], facts: dict[str, Any], paths: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        linked(*two, **facts)
    assert ([fault.path for fault in refused.value.faults], links(acme), told(acme)) == (paths, [], [])


def test_it_links_no_memory_to_itself(acme: Tenant, two: tuple[Memory, Memory]) -> None:
    with pytest.raises(Invalid):
        linked(two[0], two[0])
    assert links(acme) == []


def test_it_links_only_what_is_there(acme: Tenant, globex: Tenant, two: tuple[Memory, Memory], by: Caller) -> None:
    first, deleted = two
    expired, hidden = remember(acme, "c"), remember(acme, "d", namespace="closed")
    rule(acme, "closed/", Access.NONE)
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=deleted.id)
        Memory.objects.filter(id=expired.id).update(expires_at=timezone.now())
    for other in (deleted, expired, hidden, remember(globex, "e"), Memory(id=uuid4(), tenant=acme)):
        for from_id, to_id in ((first.id, other.id), (other.id, first.id)):
            with pytest.raises(MemoryNotFound) as refused, within(acme.id):
                link(by=by, from_id=from_id, to_id=to_id, type="about")
            missing = "$.to" if to_id == other.id else "$.from"
            assert [fault.path for fault in refused.value.faults] == [missing]
    assert (links(acme), links(globex)) == ([], [])


def test_it_needs_to_write_where_it_points_from(
    acme: Tenant, two: tuple[Memory, Memory], by: Caller, scout: Agent
) -> None:
    shown = remember(acme, "c", namespace="shown")
    rule(acme, "shown/", Access.READ)
    with pytest.raises(Forbidden):
        linked(shown, two[0], by)
    with pytest.raises(Forbidden):
        linked(*two, agent_caller(scout, Role.VIEWER))
    assert links(acme) == []
    assert linked(two[0], shown, by).to_memory_id == shown.id


def test_it_masks_what_may_not_be_stored(acme: Tenant, two: tuple[Memory, Memory]) -> None:
    linked(*two, metadata={"said by": "ada@acme.example"})
    assert links(acme) == [("about", 1.0, {"said by": "[redacted:email]"})]


@pytest.mark.parametrize("back", [False, True])
def test_a_memory_has_so_many_links(acme: Tenant, monkeypatch: pytest.MonkeyPatch, back: bool) -> None:
    monkeypatch.setattr(create, "MOST_LINKS", 2)
    hub, *others = (remember(acme, content) for content in "abcd")
    for other in others[:2]:
        linked(*((other, hub) if back else (hub, other)))
    with pytest.raises(Conflict, match=str(hub.id)):
        linked(*((others[2], hub) if back else (hub, others[2])))
    assert len(links(acme)) == 2
