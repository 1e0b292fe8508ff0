import asyncio
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import platform, within
from integrations.vault.memory import in_memory
from registry.execution.passage import Passage
from registry.execution.record import record
from registry.execution.types import Answer, Ending, StoredForms
from registry.models import Execution
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.calls import a_call, a_caller, a_target
from tests.registry.execution.rows import entries, stored
from tests.upstream import Scripted, Upstream

SUCCESS = Ending(Status.SUCCEEDED, answer=Answer({"ok": True}), attempts=1)


def passage_of(tenant: Tenant, agent: Agent, **call: object) -> Passage:
    caller = a_caller(tenant_id=tenant.id, tenant_slug=tenant.slug, agent_id=agent.id)
    return Passage(a_call({"account": 7}, caller=caller, **call), target=a_target())


@pytest.mark.django_db(transaction=True)
def test_it_writes_the_audit_entry_with_the_outcome(acme: Tenant, scout: Agent) -> None:
    passage = passage_of(acme, scout)
    forms = StoredForms({"account": 7}, {"ok": True}, None)
    asyncio.run(record(passage, SUCCESS, forms))
    with within(acme.id):
        entry = AuditEntry.objects.get(subject=f"execution:{passage.call.execution_id}")
    assert (entry.actor, entry.action) == (f"agent:{scout.id}", "execution.succeeded")
    assert passage.target is not None
    digested = json.dumps([{"account": 7}, {"ok": True}, None], separators=(",", ":"))
    assert entry.detail == {
        "tool": str(passage.target.tool_id),
        "version": "1.0.0",
        "code": None,
        "digest": hashlib.sha256(digested.encode()).hexdigest(),
    }


@pytest.mark.django_db(transaction=True)
def test_it_leaves_an_outcome_alone_that_the_sweeper_wrote(acme: Tenant, scout: Agent) -> None:
    passage = passage_of(acme, scout)
    forms = StoredForms({}, {"ok": True}, None)
    asyncio.run(record(passage, Ending(Status.FAILED), forms))
    passage.opened = True
    standing = asyncio.run(record(passage, SUCCESS, forms))
    assert isinstance(standing, Execution)
    assert standing.status == Status.FAILED
    with within(acme.id):
        assert Execution.objects.get(id=passage.call.execution_id).status == Status.FAILED
        assert AuditEntry.objects.filter(subject=f"execution:{passage.call.execution_id}").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_writes_what_open_could_not(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream, settings: Any, tmp_path: Path
) -> None:
    register()
    settings.VAULT_KEY_FILE = tmp_path / "not-there"
    in_memory.clear()
    outcome = corridor.call("crm-find", {"account": 7}, idempotency_key="k-1")
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.REFUSED, "unavailable")
    row = stored(acme, outcome)
    assert (row.status, row.input, row.idempotency_key) == (Status.REFUSED, {"account": 7}, None)
    assert entries(acme, outcome) == ["execution.refused"]
    assert upstream.received == []


@pytest.mark.django_db(transaction=True)
def test_it_writes_together_what_ends_at_the_same_time(acme: Tenant, globex: Tenant, scout: Agent, spy: Agent) -> None:
    passages = [passage_of(tenant, agent) for tenant, agent in [(acme, scout)] * 10 + [(globex, spy)] * 10]
    forms = StoredForms({}, {"ok": True}, None)

    async def record_all() -> None:
        await asyncio.gather(*(record(passage, SUCCESS, forms) for passage in passages))

    asyncio.run(record_all())
    with platform(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tenant_id, xmin::text FROM registry_execution UNION ALL "
            "SELECT tenant_id, xmin::text FROM accounts_auditentry WHERE action = 'execution.succeeded'"
        )
        rows = cursor.fetchall()
    assert Counter(tenant for tenant, _ in rows) == {acme.id: 20, globex.id: 20}
    assert len({transaction for _, transaction in rows}) == 1


@pytest.mark.django_db(transaction=True)
def test_it_masks_secrets_in_what_is_kept_and_not_in_the_answer(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(input_schema={"type": "object"})
    upstream.will(Scripted(body=b'{"password": "hunter2", "name": "Ada"}'))
    outcome = corridor.call("crm-find", {"api_key": "s3cr3t-value"})
    row = stored(acme, outcome)
    assert upstream.received[0].json == {"api_key": "s3cr3t-value"}
    assert outcome.output == {"password": "hunter2", "name": "Ada"}
    assert "hunter2" not in str(row.output)
    assert row.output is not None
    assert row.output["name"] == "Ada"
    assert "s3cr3t-value" not in str(row.input)


@pytest.mark.django_db(transaction=True)
def test_it_masks_secrets_in_what_the_upstream_complained_of(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(400, b'{"password": "hunter2"}'))
    outcome = corridor.call("crm-find", {"account": 7})
    assert "hunter2" not in json.dumps(stored(acme, outcome).error)
