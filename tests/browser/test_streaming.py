"""The page of a call that streams, looked at while it runs."""

import json
from collections.abc import Iterator

import pytest
import requests

from accounts.models import Person, Tenant
from tests.browser.conftest import DESKTOP, PHONE, session_of
from tests.browser.tab import Chromium, Tab
from tests.catalogue import Register
from tests.patience import until
from tests.registry.execution.rows import executions as rows_of
from tests.registry.streaming.server import Script, scripted
from tests.web import Web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def script(register: Register) -> Iterator[Script]:
    with scripted() as (server, script):
        register(definition={"method": "POST", "url": server.url()}, timeout_ms=60_000)
        yield script


@pytest.mark.parametrize(("phone", "theme"), [(False, "light"), (True, "dark")])
def test_it_follows_a_streaming_call_until_it_ends(
    phone: bool,
    theme: str,
    chromium: Chromium,
    streaming_web: Web,
    acme: Tenant,
    bob: Person,
    scout_headers: dict[str, str],
    script: Script,
) -> None:
    script.will_send(*(b"data: " + json.dumps({"n": number}).encode() + b"\n\n" for number in range(3)))
    script.let_go(0)
    body = {"tool": "crm-find", "input": {"account": 7}, "mode": "stream"}
    url = f"{streaming_web.url}/api/v1/executions/"
    with requests.post(url, json=body, headers=scout_headers, stream=True, timeout=60) as answer:
        until(lambda: bool(rows_of(acme)))
        tab = tab_of(chromium, streaming_web, bob, phone=phone, theme=theme)
        assert tab.open(f"/admin/registry/execution/{rows_of(acme)[0].id}/change/") == 200
        tab.wait_for("It is running.")
        tab.wait_for("1 part, 8 characters so far")
        script.let_go(1)
        tab.wait_for("2 parts, 16 characters so far")
        script.let_go(2)
        tab.wait_for("Succeeded")
        tab.wait_until("!document.querySelector('[data-refresh-seconds]')")
        assert answer.text.endswith("\n\n")
    assert tab.complaints == []
    tab.close()


def tab_of(chromium: Chromium, web: Web, person: Person, *, phone: bool, theme: str) -> Tab:
    size = {"viewport": PHONE, "is_mobile": True} if phone else {"viewport": DESKTOP}
    tab = chromium.new_tab(web.url, **size, color_scheme=theme)
    tab.prefer(theme)
    tab.take_session(session_of(person))
    return tab
