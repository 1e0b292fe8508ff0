from typing import Any

import pytest

from accounts.caller import Caller, System
from accounts.errors import Invalid
from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from integrations.tenant_redaction import set_redaction
from memory.create import create_memories
from memory.inserting import digest_of
from memory.models import Memory, MemoryVersion
from memory.redact import redactor_for
from memory.update import update_memory
from tests.connections import SECRET, Connect
from tests.memory.remembering import CURATOR, agent_caller, person_caller, remember, seen_now

pytestmark = pytest.mark.django_db
TOKEN = "ghp_" + "1a2B3c4D5e6F7g8H9i0J" * 2
TOKEN = TOKEN[:40]


def decide(tenant: Tenant, **stored: str) -> None:
    with within(tenant.id):
        set_redaction(tenant=tenant, by=System("tests"), policy={"stored": stored})


def test_it_masks_before_anything_is_kept(acme: Tenant) -> None:
    memory = remember(
        acme,
        f"Write to ada@acme.example, token {TOKEN}.",
        metadata={"password": "hunter2!x", "note": ["call ada@acme.example"]},
        source="mail from ada@acme.example",
        tags=["ada@acme.example", "plain"],
    )
    kept = seen_now(acme, memory.id)
    assert TOKEN not in kept.content
    assert kept.content.startswith("Write to [redacted:email], token [redacted:")
    assert kept.metadata == {"password": "[redacted:field]", "note": ["call [redacted:email]"]}
    assert (kept.source, kept.tags) == ("mail from [redacted:email]", ["[redacted:email]", "plain"])
    assert bytes(kept.content_digest) == digest_of(kept.content)
    assert memory.is_redacted


def test_names_to_find_memories_by_stay(acme: Tenant) -> None:
    memory = remember(acme, "a", namespace="users/ada@acme.example", end_user="ada@acme.example")
    assert (memory.namespace, memory.end_user) == ("users/ada@acme.example/", "ada@acme.example")
    assert not memory.is_redacted


def test_it_does_what_the_tenant_has_decided(acme: Tenant) -> None:
    decide(acme, email="keep")
    assert remember(acme, "ada@acme.example says").content == "ada@acme.example says"
    decide(acme, email="hash")
    hashed = remember(acme, "ada@acme.example said").content
    assert hashed.startswith("[hashed:email:")
    assert remember(acme, "ada@acme.example said").content == hashed
    decide(acme, email="drop")
    assert remember(acme, "ada@acme.example left").content == " left"


def test_it_does_not_keep_what_nothing_is_left_of(acme: Tenant) -> None:
    decide(acme, email="drop")
    with pytest.raises(Invalid) as refused:
        remember(acme, "ada@acme.example")
    assert [fault.path for fault in refused.value.faults] == ["$.content"]
    memory = remember(acme, "x", tags=["ada@acme.example", "b"])
    assert memory.tags == ["b"]
    with within(acme.id):
        assert Memory.objects.count() == 1


def test_texts_that_are_the_same_once_they_are_masked_are_one(acme: Tenant) -> None:
    first, second = remember(acme, "mail ada@acme.example"), remember(acme, "mail bob@acme.example")
    assert (first.id, first.is_redacted, second.is_redacted) == (second.id, True, True)
    assert remember(acme, "x", tags=["ada@acme.example", "bob@acme.example"]).tags == ["[redacted:email]"]


def test_a_mask_does_not_make_a_column_too_long(acme: Tenant) -> None:
    tag = " ".join(["a@b.co"] * 9)
    memory = remember(acme, "x", tags=[tag], source=" ".join(["a@b.co"] * 28))
    assert (len(memory.tags[0]), len(memory.source)) == (64, 200)


def test_it_says_of_each_of_many_whether_something_was_masked(acme: Tenant, scout: Agent) -> None:
    items = [{"content": "plain"}, {"content": "mail ada@acme.example"}]
    with within(acme.id):
        made = create_memories(tenant_id=acme.id, by=agent_caller(scout), items=items, atomic=True)
    assert [one.memory.is_redacted for one in made] == [False, True]  # type: ignore[union-attr]


def test_it_masks_what_is_changed(acme: Tenant) -> None:
    memory = remember(acme, "a")
    with within(acme.id):
        changed = update_memory(
            by=CURATOR, memory_id=memory.id, version=1, changes={"content": "ada@acme.example", "tags": ["x"]}
        )
        assert (changed.content, changed.is_redacted) == ("[redacted:email]", True)
        again = update_memory(by=CURATOR, memory_id=memory.id, version=2, changes={"kind": "note"})
        assert not again.is_redacted
        assert "ada@" not in str(list(MemoryVersion.objects.values_list("facts")))


@pytest.mark.django_db(transaction=True)
def test_it_masks_secrets_that_the_vault_knows(acme: Tenant, globex: Tenant, connect_parcels: Connect) -> None:
    connect_parcels()
    assert remember(acme, f"It answers to {SECRET}.").content == "It answers to [redacted:secret]."
    assert remember(globex, f"It answers to {SECRET}.").content == f"It answers to {SECRET}."


def test_it_reads_the_policy_once_for_a_generation(acme: Tenant, scout: Agent, bob: Person) -> None:
    def redactor(by: Any, generation: int = 1) -> Any:
        caller = Caller(**{**vars(by), "generation": generation})
        with within(acme.id):
            return redactor_for(acme.id, caller)

    first = redactor(agent_caller(scout))
    assert redactor(person_caller(bob)) is first
    assert redactor(agent_caller(scout), generation=2) is not first
    with within(acme.id):
        assert redactor_for(acme.id, CURATOR) is not redactor_for(acme.id, CURATOR)
