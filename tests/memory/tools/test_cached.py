"""Tools of a tenant that keep answers of memory's functions."""

from typing import Any

import pytest

from accounts.caller import System
from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.models import Access
from memory.tools.specs import SPECS
from registry.register import register_tool
from tests.cast import make_agent, make_key
from tests.corridor import Corridor
from tests.memory.remembering import remember, rule
from tests.memory.tools.test_tools import call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model", "memory_tools")]


def test_an_answer_that_was_kept_is_for_who_asked_for_it(corridor: Corridor, acme: Tenant, scout: Agent) -> None:
    remember(acme, "The code is 4711.", namespace="closed")
    other = make_agent(acme, "other", Role.OPERATOR)
    rule(acme, "closed/", Access.NONE, other)
    spec: dict[str, Any] = {**SPECS["memory-query"], "slug": "recall-fast", "cache_seconds": 60}
    with within(acme.id):
        register_tool(by=System("tests"), spec=spec)
    asked = {"namespace": "closed"}
    told = call(corridor, "recall-fast", asked)
    assert [memory["content"] for memory in told["output"]["results"]] == ["The code is 4711."]
    assert call(corridor, "recall-fast", asked)["cached"] is True
    answer = call(corridor.as_(make_key(other)), "recall-fast", asked)
    assert (answer["cached"], answer["output"]["results"]) == (False, [])
