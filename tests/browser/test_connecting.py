"""The main road in a real browser: connect a service, make a tool of it, call it, see who used it."""

from collections.abc import Iterator

import pytest

from accounts.models import Person, Tenant
from accounts.tenancy import within
from integrations.models import Connection
from registry.models import Tool
from tests.browser.conftest import OpenTab, session_of
from tests.browser.tab import Chromium, Tab
from tests.browsing import address_of
from tests.integrations.connections.services import imported
from tests.integrations.connections.signing_in import with_app
from tests.vendors import API_KEY, CLIENT_ID, CLIENT_SECRET, Vendor
from tests.web import Web, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def calling_web(django_db_setup: None) -> Iterator[Web]:
    """One that may call services on this machine, and sign in at a vendor that speaks no TLS."""
    with serving(EGRESS_ALLOW_NETWORKS="127.0.0.1/32", OAUTHLIB_INSECURE_TRANSPORT="1") as served:
        yield served


@pytest.fixture
def alices_tab(chromium: Chromium, calling_web: Web, alice: Person) -> Iterator[Tab]:
    tab = chromium.new_tab(calling_web.url, viewport={"width": 1440, "height": 900})
    tab.take_session(session_of(alice))
    yield tab
    tab.close()


def test_one_connects_with_a_key_adds_a_tool_and_an_agent_calls_it(
    alices_tab: Tab,
    acme: Tenant,
    vendor: Vendor,
    calling_web: Web,
    scout_headers: dict[str, str],
) -> None:
    imported(acme, vendor)
    tab = alices_tab
    tab.open("/admin/connectors/")
    tab.fill("Search services and actions", "chat")
    tab.follow("Chat")
    tab.follow("Connect")
    tab.fill("API key", "wrong-key-12345")
    tab.press("Connect")
    tab.wait_for("Chat does not take this credential.")
    assert tab.value_of("API key") == ""
    tab.fill("API key", API_KEY)
    tab.press("Connect")
    tab.wait_for("Chat is connected as Acme Inc. at Acme.")
    tab.follow("Add tools")
    tab.press("Choose all")
    assert tab.evaluate("document.querySelector('[data-chosen]').textContent") == "1"
    tab.press("Preview")
    tab.wait_for("What would be done")
    tab.press("Install")
    tab.wait_for("Tools of Chat: 1 added.")
    called = calling_web.execute("chat-me", {}, scout_headers)
    assert called["output"] == {"ok": True, "user": "Acme Inc.", "team": "Acme"}
    with within(acme.id):
        connection, tool = Connection.objects.get(), Tool.objects.get()
    tab.open(address_of(connection))
    text = tab.text()
    assert "Who used it in the last 7 days" in text
    assert "scout" in text
    tab.follow("chat-me")
    tab.wait_for("the default connection of")
    assert tab.path == address_of(tool)


def test_one_signs_in_at_the_vendor_and_comes_back(alices_tab: Tab, acme: Tenant, vendor: Vendor) -> None:
    with_app(acme, vendor)
    tab = alices_tab
    tab.open("/admin/connectors/chat/app/")
    tab.fill("Client id", CLIENT_ID)
    tab.evaluate(f"document.querySelector('[name=client_secret]').value = {CLIENT_SECRET!r}")
    tab.press("Replace the app")
    tab.wait_for("People can sign in at Chat now.")
    tab.press("Go to Chat")
    tab.wait_until(f"location.href.startsWith('{vendor.url}/authorize')")
    query = vendor.consent(tab.evaluate("location.href"))
    tab.open(f"/oauth/callback/?code={query['code']}&state={query['state']}")
    tab.wait_for("Chat is connected as ada at Acme. Granted: chat:write, users:read.")
    assert CLIENT_SECRET not in tab.evaluate("document.documentElement.outerHTML")


def test_a_list_is_narrowed_while_one_types(open_tab: OpenTab, alice: Person) -> None:
    tab = open_tab(alice)
    tab.open("/admin/connectors/slack/tools/")
    shown = "[...document.querySelectorAll('[data-narrowed] > tr')].filter((row) => !row.hidden).length"
    tab.fill("Search actions", "upload")
    assert tab.evaluate(shown) == 1
    tab.press("Choose all")
    tab.fill("Search actions", "no such action")
    assert tab.evaluate(shown) == 1  # what was chosen stays
    assert tab.evaluate("document.querySelector('[data-sum]').textContent") != "0"
    tab.open("/admin/connectors/")
    tab.fill("Search services and actions", "no such service")
    tab.wait_for("No connector here fits that.")
    assert tab.complaints == []


def test_it_works_without_javascript(open_tab: OpenTab, acme: Tenant, alice: Person) -> None:
    tab = open_tab(alice, java_script_enabled=False)
    tab.open("/admin/connectors/slack/tools/")
    tab.fill("Search actions", "upload")
    tab.press("Search")
    tab.press("Choose all that match")
    assert "1 chosen" in tab.text()
    tab.press("Preview")
    tab.press("Install")
    assert "Tools of Slack: 1 added." in tab.text()
    with within(acme.id):
        assert Tool.objects.get().slug == "slack-upload-file"
