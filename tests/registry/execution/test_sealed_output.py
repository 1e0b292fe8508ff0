"""What the caller was told is there for it again; everybody else sees the stored form."""

import json

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.models import Execution
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)
ADA = {"name": "Ada", "email": "ada@example.com"}


def test_it_tells_a_repeated_call_what_the_first_was_told(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(body=json.dumps(ADA).encode()))
    first = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    again = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert (first.output, again.output, again.replayed) == (ADA, ADA, True)
    row = stored(acme, first)
    assert row.output == {"name": "Ada", "email": "[redacted:email]"}
    assert b"ada@example.com" not in bytes(row.sealed_output or b"")


def test_it_shows_it_to_the_agent_that_called_and_to_no_other(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(body=json.dumps(ADA).encode()))
    made = corridor.call("crm-find", {"account": 7})
    assert corridor.get(f"executions/{made.id}/").json()["output"] == ADA
    [listed] = corridor.get("executions/").json()["results"]
    assert listed["output"] == {"name": "Ada", "email": "[redacted:email]"}
    with within(acme.id):
        Execution.objects.update(agent=None)
    assert corridor.get(f"executions/{made.id}/").json()["output"]["email"] == "[redacted:email]"


def test_it_seals_nothing_where_the_stored_form_is_all_there_is(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(body=b'{"name": "Ada"}'))
    assert stored(acme, corridor.call("crm-find", {"account": 7})).sealed_output is None
