"""How much a tool takes and how much it may answer."""

import pytest

from accounts.models import Tenant
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_refuses_a_larger_input_before_anything_is_sent(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(max_input_bytes=30)
    assert corridor.call("crm-find", {"account": 7, "email": "a@b.c"}).status == Status.SUCCEEDED
    outcome = corridor.call("crm-find", {"account": 7, "email": "long@example.com"})
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"], outcome.error["status"]) == (Status.REFUSED, "too_large", 413)
    assert "`max_input_bytes`" in outcome.error["detail"]
    assert len(upstream.received) == 1
    assert stored(acme, outcome).status == Status.REFUSED


def test_it_counts_bytes_not_letters(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register(max_input_bytes=30)
    outcome = corridor.call("crm-find", {"account": 7, "email": "你好你好你"})
    assert outcome.error is not None
    assert outcome.error["code"] == "too_large"
    assert upstream.received == []


def test_it_takes_no_more_of_an_answer_than_the_tool_may_give(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(max_output_bytes=100)
    upstream.will(Scripted(body=b'"' + b"x" * 98 + b'"'), Scripted(body=b'"' + b"x" * 99 + b'"'))
    assert corridor.call("crm-find", {"account": 7}).status == Status.SUCCEEDED
    outcome = corridor.call("crm-find", {"account": 7})
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.FAILED, "upstream_error")
    assert outcome.error["detail"].endswith("have an operator raise the tool's `max_output_bytes`.")


def test_it_takes_more_than_usual_where_the_tool_may_give_more(
    corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(max_output_bytes=6_000_000)
    upstream.will(Scripted(body=b"x" * 5_500_000, headers={"Content-Type": "text/plain"}))
    assert corridor.call("crm-find", {"account": 7}, max_tokens=100).status == Status.SUCCEEDED


def test_it_holds_for_built_in_tools_too(corridor: Corridor, register: Register) -> None:
    register(slug="clock", transport="builtin", definition={"function": "clock"}, max_output_bytes=5, input_schema={})
    outcome = corridor.call("clock", {})
    assert outcome.error is not None
    assert outcome.error["code"] == "upstream_error"
    assert "`max_output_bytes`" in outcome.error["detail"]
