"""The found Chromium, the served application, and a tab for each test. What a test needs must be committed."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.keys import issue_key
from accounts.models import Agent, Person, Tenant
from accounts.sealing import seal_batch
from accounts.tenancy import within
from integrations.connections.connect import connect
from integrations.format import shelf
from integrations.models import Connection
from integrations.vault import derived_key
from integrations.vault.memory import in_memory
from integrations.vault.rekey import go_on
from integrations.vault.rotate import rotate_data_key
from registry.models import Approval, Execution, Tool, ToolHealth
from registry.models.approval import ApprovalState
from registry.models.execution import Status
from registry.models.health import HealthStatus
from registry.permissions.rules import make_rule
from registry.redaction import PURPOSE
from tests.browser.tab import Chromium, Tab
from tests.cast import CASTING
from tests.catalogue import Register, manager_of
from tests.web import Web

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

RULE = {
    "name": "No large payments",
    "effect": "deny",
    "tools": ["billing-*"],
    "conditions": [
        {"path": "$.amount", "op": "gt", "value": 1000},
        {"path": "$.receiver.address", "op": "domain", "value": ["example.com", "example.org"], "not": True},
    ],
    "note": "The board decided so. Ask Ada before changing it.",
}

OpenTab = Callable[..., Tab]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    if executable is None:
        pytest.skip(f"No Chromium: none of {', '.join(NAMES)} is on PATH. On Debian: apt-get install chromium")
    found = Chromium(executable)
    yield found
    found.close()


@pytest.fixture
def open_tab(chromium: Chromium, web: Web, transactional_db: None) -> Iterator[OpenTab]:
    """`open_tab(alice, phone=True, theme="dark")`: a tab in which alice is signed in; without a person, nobody."""
    tabs: list[Tab] = []

    def new_tab(person: Person | None = None, *, phone: bool = False, theme: str = "light", **options: Any) -> Tab:
        size = {"viewport": PHONE, "is_mobile": True} if phone else {"viewport": DESKTOP}
        tab = chromium.new_tab(web.url, **size, color_scheme=theme, **options)
        tabs.append(tab)
        tab.prefer(theme)
        if person is not None:
            tab.take_session(session_of(person))
        return tab

    yield new_tab
    for tab in tabs:
        tab.close()


def session_of(person: Person) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


@pytest.fixture
def tool(register: Register) -> Tool:
    return register(
        category="crm",
        description="Finds a contact in the CRM by account and e-mail, with the company it belongs to.",
        capabilities={"operations": ["find_contact"]},
        rate_limit={"per_minute": 60, "burst": 10},
    )


@pytest.fixture
def executions(acme: Tenant, scout: Agent, tool: Tool) -> list[Execution]:
    """One of each status, newest first."""
    with within(acme.id):
        ToolHealth.objects.filter(tool=tool).update(status=HealthStatus.HEALTHY, last_heartbeat=timezone.now())
        made = [_executed(scout, tool, status) for status in Status]
    return made[::-1]


def _executed(agent: Agent, tool: Tool, status: Status) -> Execution:
    now, failed = timezone.now(), status in (Status.FAILED, Status.REFUSED)
    error = {"code": "invalid_input", "detail": "See `errors`.", "errors": [{"path": "$.account", "message": "No."}]}
    return Execution.objects.create(
        tenant_id=agent.tenant_id,
        agent=agent,
        tool=tool,
        tool_slug=tool.slug,
        version="1.0.0",
        status=status,
        input={"account": 7, "email": "jane@example.org", "note": "a rather long line that a phone cannot show whole"},
        output=None if failed else {"found": True, "contact": {"name": "Jane", "age": 41, "owner": None}},
        error=error if failed else None,
        timings={"resolve": 210, "permit": 4, "limit": 300, "validate": 60, "send": 40_000, "record": 1_100},
        trace_id="6bf46c697d2caf82eeeacbe226e87555",
        attempts=1,
        started_at=now - timedelta(seconds=1),
        finished_at=now,
    )


@pytest.fixture
def approvals(acme: Tenant, bob: Person, scout: Agent, tool: Tool, executions: list[Execution]) -> list[Approval]:
    """One of each state; two wait."""
    with within(acme.id):
        made = [_asked(scout, tool, state, bob) for state in ApprovalState]
        return [*made, _asked(scout, tool, ApprovalState.WAITING, bob)]


def _asked(agent: Agent, tool: Tool, state: ApprovalState, by: Person) -> Approval:
    now = timezone.now()
    waits = state is ApprovalState.WAITING
    execution = _executed(agent, tool, Status.PENDING if waits else _ENDS.get(state, Status.REFUSED))
    if waits:
        Execution.objects.filter(id=execution.id).update(waits_for="approval", finished_at=None)
    return Approval.objects.create(
        tenant_id=agent.tenant_id,
        execution=execution,
        tool=tool,
        tool_version=tool.versions.get(),
        agent=agent,
        asked_by=f"agent:{agent.id}",
        tool_slug=tool.slug,
        version="1.0.0",
        input=execution.input,
        input_digest=b"sealed",
        why="the rule “Ask before the CRM is read” asks for a person's approval.",
        state=state,
        requested_at=now - timedelta(minutes=2),
        expires_at=now + timedelta(minutes=58),
        decided_by="" if waits else f"person:{by.id}",
        decided_at=None if waits else now,
        reason="That is the wrong account." if state is ApprovalState.REFUSED else "",
    )


_ENDS = {ApprovalState.APPROVED: Status.SUCCEEDED, ApprovalState.WITHDRAWN: Status.CANCELLED}


@pytest.fixture
def busy(
    acme: Tenant,
    alice: Person,
    bob: Person,
    scout: Agent,
    executions: list[Execution],
    approvals: list[Approval],
) -> None:
    """Something on every page."""
    in_memory.clear()
    with within(acme.id):
        issue_key(agent=scout, name="production", by=CASTING, expires_at=timezone.now() + timedelta(days=3))
        make_rule(tenant_id=acme.id, by=CASTING, facts=RULE)
        derived_key(acme.id, PURPOSE)
        rotate_data_key(tenant_id=acme.id, by=CASTING)
    go_on(acme.id)
    connected(acme, name="Slack of a company with a rather long name, its second workspace", is_default=True)
    seal_batch(acme.id)


def connected(tenant: Tenant, **facts: Any) -> Connection:
    """With Slack, which is not asked."""
    slack = shelf.connector("slack")
    assert slack is not None
    values = {"token": "xoxb-of-a-test"}
    by = manager_of(tenant)
    return connect(tenant_id=tenant.id, by=by, connector=slack, auth="token", values=values, check=False, **facts)
