"""The page of an execution that has not ended follows it, and it can be cancelled there."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry.models import Execution, Tool
from registry.models.execution import Status
from tests.browser.conftest import OpenTab
from tests.browser.test_pages import faults
from tests.browsing import address_of
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(acme: Tenant, scout: Agent, tool: Tool) -> Execution:
    with within(acme.id):
        return Execution.objects.create(
            tenant=acme,
            agent=scout,
            tool=tool,
            tool_slug=tool.slug,
            version="1.0.0",
            mode="async",
            status=Status.RUNNING,
            run=1,
            input={"account": 7},
            started_at=timezone.now() - timedelta(seconds=5),
            progress={"fraction": 0.42, "message": "page 42 of 100", "at": timezone.now().isoformat()},
        )


def change(execution: Execution, **fields: Any) -> None:
    with within(execution.tenant_id):
        Execution.objects.filter(id=execution.id).update(**fields)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True])
def test_it_shows_a_clean_page(open_tab: OpenTab, bob: Person, running: Execution, theme: str, phone: bool) -> None:
    tab = open_tab(bob, phone=phone, theme=theme)
    for page in (address_of(running), address_of(running, "cancel")):
        assert tab.open(page) == 200
        assert faults(tab) == {}
    assert tab.complaints == []


def test_it_follows_the_execution_until_it_has_ended(open_tab: OpenTab, bob: Person, running: Execution) -> None:
    tab = open_tab(bob)
    tab.open(address_of(running))
    assert "42 %" in tab.text()
    tab.evaluate("document.querySelector('.qm-head-acts a.qm-button-danger').focus()")
    change(running, progress={"fraction": 0.9, "message": "page 90 of 100", "at": ""})
    tab.wait_for("page 90 of 100")
    assert tab.evaluate("document.activeElement.getAttribute('href')") == address_of(running, "cancel")
    change(running, status=Status.SUCCEEDED, output={"pages": 100}, finished_at=timezone.now())
    tab.wait_until("!document.querySelector('[data-refresh-seconds]')")
    assert "It is running." not in tab.text()
    assert tab.evaluate("!!document.querySelector('.qm-head-acts a.qm-button-danger')") is False
    assert tab.complaints == []


def test_an_operator_cancels_it_there(open_tab: OpenTab, bob: Person, running: Execution) -> None:
    tab = open_tab(bob)
    tab.open(address_of(running))
    tab.follow("Cancel")
    tab.press("Cancel it")
    tab.wait_for("It is being cancelled.")
    until(lambda: _is_marked(running))


def _is_marked(execution: Execution) -> bool:
    with within(execution.tenant_id):
        return Execution.objects.get(id=execution.id).cancel_requested_at is not None
