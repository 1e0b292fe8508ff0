"""What is remembered under an `Idempotency-Key`."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Agent, Tenant
from accounts.tenancy import within
from memory.answers.create import as_now
from memory.create import Created
from memory.delete import delete_memory
from memory.models import Access, Memory
from tests.memory.remembering import CURATOR, agent_caller, remember, rule

pytestmark = pytest.mark.django_db


def kept(memory: Memory) -> dict[str, Any]:
    return {"id": str(memory.id), "created": True, "redacted": False}


def test_all_are_looked_for_together(
    acme: Tenant, scout: Agent, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = [remember(acme, f"memory {number}") for number in range(5)]
    with within(acme.id), django_assert_num_queries(3):
        became = as_now(agent_caller(scout), [kept(memory) for memory in many])
    assert [each.memory for each in became if isinstance(each, Created)] == many


def test_what_may_not_be_read_any_more_is_gone(acme: Tenant, scout: Agent) -> None:
    closed, deleted, there = remember(acme, "a", namespace="closed"), remember(acme, "b"), remember(acme, "c")
    rule(acme, "closed/", Access.NONE)
    with within(acme.id):
        delete_memory(by=CURATOR, memory_id=deleted.id)
        became = as_now(agent_caller(scout), [kept(closed), kept(deleted), kept(there), {"problem": {"status": 422}}])
    assert [each.memory.id if isinstance(each, Created) else each["status"] for each in became] == [
        *(404, deleted.id, there.id, 422),
    ]
