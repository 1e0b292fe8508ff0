from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.ids import first_id_at
from accounts.models import Agent, Tenant
from accounts.tenancy import platform, within
from integrations.models import Connection
from registry.bind import bind_connection
from registry.models import Execution, Tool, ToolVersion
from registry.models.execution import Status
from registry.register import register_tool
from registry.uses import Uses, uses_of
from tests.cast import CASTING
from tests.catalogue import FIND_CONTACT, Register, manager_of

pytestmark = pytest.mark.django_db

DEFINITION = {"connector": "crm", "method": "GET", "url": "/contacts"}


def connect(tenant: Tenant, slug: str, **facts: Any) -> Connection:
    row = {"name": slug, "connector": "crm", "auth": "token", "state": "active", **facts}
    with within(tenant.id):
        return Connection.objects.create(tenant=tenant, slug=slug, **row)


def uses(connection: Connection) -> Uses:
    with within(connection.tenant_id):
        return uses_of(connection)


def tools(connection: Connection) -> list[tuple[str, bool]]:
    return [(use.slug, use.is_bound) for use in uses(connection).tools]


def bind(tenant: Tenant, tool: Tool, slug: str) -> None:
    with within(tenant.id):
        bind_connection(tool=tool, by=manager_of(tenant), connection=slug)


def called(
    connection: Connection, agent: Agent | None, tool: str = "crm-find", *, at: datetime | None = None, **facts: Any
) -> None:
    at = at or timezone.now()
    row = {"status": Status.SUCCEEDED, "attempts": 1, **facts}
    with within(connection.tenant_id):
        Execution.objects.create(
            id=first_id_at(at) if at < timezone.now() - timedelta(days=1) else Execution().id,
            tenant_id=connection.tenant_id,
            agent=agent,
            tool_slug=tool,
            started_at=at,
            connection_id=connection.id,
            **row,
        )


def test_it_tells_tools_that_were_given_it_and_those_that_fall_to_it(acme: Tenant, register: Register) -> None:
    usual, special = connect(acme, "usual", is_default=True), connect(acme, "special")
    register(slug="falls", definition=DEFINITION)
    bind(acme, register(slug="given", definition=DEFINITION), "special")
    register(slug="other", definition={**DEFINITION, "connector": "mail"})
    register(slug="plain")
    assert tools(usual) == [("falls", False)]
    assert tools(special) == [("given", True)]


def test_tools_fall_to_the_only_one_and_to_none_of_several(acme: Tenant, register: Register) -> None:
    first = connect(acme, "first")
    register(slug="falls", definition=DEFINITION)
    assert tools(first) == [("falls", False)]
    connect(acme, "second")
    assert tools(first) == []


def test_it_knows_what_became_of_shared_tools_here(acme: Tenant, globex: Tenant) -> None:
    with platform():
        spec = {**FIND_CONTACT, "slug": "shared", "definition": DEFINITION}
        shared = register_tool(by=CASTING, spec=spec, shared=True)
    usual, special = connect(acme, "usual", is_default=True), connect(acme, "special")
    theirs = connect(globex, "theirs")
    assert tools(usual) == [("shared", False)]
    bind(acme, shared, "special")
    assert (tools(usual), tools(special), tools(theirs)) == ([], [("shared", True)], [("shared", False)])


def test_what_is_retired_uses_nothing(acme: Tenant, register: Register) -> None:
    usual = connect(acme, "usual")
    retired, old = register(slug="retired", definition=DEFINITION), register(slug="old", definition=DEFINITION)
    with within(acme.id):
        Tool.objects.filter(id=retired.id).update(retired_at=timezone.now())
        ToolVersion.objects.filter(tool=old).update(state="retired")
    assert tools(usual) == []


def test_it_counts_the_calls_of_each_agent_lately(acme: Tenant, scout: Agent) -> None:
    usual = connect(acme, "usual")
    now = timezone.now()
    for agent, tool in ((scout, "crm-find"), (scout, "crm-find"), (None, "crm-find"), (scout, "crm-send")):
        called(usual, agent, tool)
    called(usual, scout, at=now - timedelta(days=8))
    called(usual, scout, status=Status.REFUSED, attempts=0)
    told = {(use.tool, use.agent): use.calls for use in uses(usual).lately}
    assert told == {("crm-find", "scout"): 2, ("crm-find", ""): 1, ("crm-send", "scout"): 1}
    assert [use.last_at for use in uses(usual).lately] == sorted(
        (use.last_at for use in uses(usual).lately), reverse=True
    )


def test_an_end_users_own_is_nobodys_tool(acme: Tenant, scout: Agent, register: Register) -> None:
    adas = connect(acme, "adas", end_user="ada")
    register(slug="falls", definition=DEFINITION)
    called(adas, scout)
    assert (tools(adas), len(uses(adas).lately)) == ([], 1)


def test_another_tenant_sees_nothing_of_it(acme: Tenant, globex: Tenant, scout: Agent, register: Register) -> None:
    usual = connect(acme, "usual")
    register(slug="falls", definition=DEFINITION)
    called(usual, scout)
    with within(globex.id):
        seen = uses_of(usual)
    assert (seen.tools, seen.lately) == ([], [])


def test_it_costs_four_queries_however_many_tools_there_are(acme: Tenant, scout: Agent, register: Register) -> None:
    usual = connect(acme, "usual")
    for number in range(5):
        register(slug=f"falls-{number}", definition=DEFINITION)
        called(usual, scout, f"falls-{number}")
    with CaptureQueriesContext(database) as asked:
        found = uses(usual)
    assert (len(found.tools), len(found.lately)) == (5, 5)
    assert (
        len([query for query in asked.captured_queries if query["sql"].startswith("SELECT") and "FROM" in query["sql"]])
        == 4
    )
