"""Every page, on a desk and on a phone, light and dark: nothing sticks out, nothing is nameless or faint."""

import json

import pytest
from django.db.models import Model

from accounts.models import Agent, ApiKey, AuditEntry, Person, Tenant
from accounts.tenancy import within
from integrations.models import Connection, DataKey
from registry.models import Approval, Execution, PermissionRule, Tool, ToolVersion
from tests.browser.conftest import OpenTab
from tests.browser.tab import Tab
from tests.browsing import address_of, list_of

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = (
    *(Tool, ToolVersion, Connection, Approval, PermissionRule, Execution, Agent, ApiKey, Person, Tenant, AuditEntry),
    DataKey,
)


def pages(person: Person) -> list[str]:
    with within(person.tenant_id):
        shown: list[Model] = [model._default_manager.all()[0] for model in MODELS]
        acts = [
            address_of(Tool.objects.get(), "publish"),
            address_of(Tool.objects.get(), "retire"),
            address_of(Tool.objects.get(), "redaction"),
            address_of(Tenant.objects.get(), "redaction"),
            address_of(Approval.objects.waiting()[0], "remember"),
            address_of(Approval.objects.waiting()[0], "refuse"),
            address_of(PermissionRule.objects.get(), "edit"),
            address_of(PermissionRule.objects.get(), "remove"),
            address_of(Tenant.objects.get(), "edit"),
            address_of(Agent.objects.get(), "issue-key"),
            address_of(Agent.objects.get(), "history"),
            address_of(DataKey.objects.get(version=2), "rotate"),
            *(address_of(Connection.objects.all()[0], act) for act in ("edit", "reconnect", "rotate", "disconnect")),
            *(f"/admin/connectors/slack/{page}/" for page in ("connect", "connect/token", "app", "link", "tools")),
            "/admin/connectors/",
            "/admin/connectors/slack/",
            "/admin/connectors/?q=nothing+like+it",
            "/admin/registry/tool/add/",
            "/admin/accounts/person/add/",
            "/admin/password_change/",
            "/admin/",
        ]
    return [*map(list_of, MODELS), *map(address_of, shown), *acts]


def faults(tab: Tab) -> dict[str, object]:
    checks = ("nameless", "repeatedIds", "brokenReferences", "inlineHandlers", "faint", "wideBy")
    found = {check: tab.check(check) for check in checks}
    headings = tab.check("headings")
    found["headings"] = [] if len(headings) == 1 else headings
    return {check: offenders for check, offenders in found.items() if offenders}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("phone", [False, True])
def test_it_shows_clean_pages(open_tab: OpenTab, alice: Person, busy: None, theme: str, phone: bool) -> None:
    tab = open_tab(alice, phone=phone, theme=theme)
    for page in pages(alice):
        assert tab.open(page) == 200, page
        assert tab.evaluate("document.documentElement.classList.contains('dark')") == (theme == "dark")
        assert faults(tab) == {}, page
    assert tab.complaints == []


@pytest.mark.parametrize(
    ("check", "html"),
    [
        ("nameless", "<button><span aria-hidden=true>close</span></button>"),
        ("nameless", "<input type=text>"),
        ("repeatedIds", "<i id=one></i><i id=one></i>"),
        ("brokenReferences", "<label for=nobody>Nobody</label>"),
        ("inlineHandlers", "<b onclick='1'>Press</b>"),
        ("faint", "<p style='color: #999'>Faint</p>"),
        ("faint", "<p style='background: #fff; color: oklch(70% .1 200)'>Faint</p>"),
    ],
)
def test_it_would_find_what_is_wrong(open_tab: OpenTab, alice: Person, check: str, html: str) -> None:
    tab = open_tab(alice)
    tab.open(list_of(Tool))
    assert tab.check(check) == []
    tab.evaluate(f"document.getElementById('main').insertAdjacentHTML('beforeend', {json.dumps(html)})")
    assert len(tab.check(check)) == 1


def test_it_would_find_what_sticks_out(open_tab: OpenTab, alice: Person) -> None:
    tab = open_tab(alice, phone=True)
    tab.open(list_of(Tool))
    tab.evaluate("void (document.querySelector('h1').style.width = '500px')")
    assert tab.check("wideBy") > 100


@pytest.mark.parametrize("phone", [False, True])
def test_it_shows_clean_empty_pages(open_tab: OpenTab, alice: Person, phone: bool) -> None:
    tab = open_tab(alice, phone=phone)
    for model in MODELS:
        tab.open(list_of(model))
        assert faults(tab) == {}, model
    assert tab.complaints == []


def test_it_reads_without_javascript(open_tab: OpenTab, alice: Person, busy: None) -> None:
    tab = open_tab(alice, phone=True, java_script_enabled=False)
    for page in pages(alice):
        assert tab.open(page) == 200, page
    tab.open(list_of(Tool))
    text = tab.text()
    assert "crm-find" in text
    assert "Executions" in text


def test_it_works_without_javascript(open_tab: OpenTab, alice: Person, busy: None) -> None:
    tab = open_tab(alice, phone=True, java_script_enabled=False)
    tab.open(list_of(Tool))
    tab.unfold("State")
    tab.follow("Disabled")
    assert tab.path == "/admin/registry/tool/?state=disabled"
    tab.follow("Agents")
    tab.follow("scout")
    tab.follow("Disable")
    tab.press("Disable")
    assert "scout is disabled." in tab.text()
