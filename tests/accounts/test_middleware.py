"""A page sees its person's tenant, in one transaction; everything that is no page passes through untouched."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.middleware import CHOSEN_TENANT, PAGES
from accounts.models import Agent, Person, Tenant
from accounts.offload import in_database_thread
from accounts.people import change_person
from accounts.tenancy import within
from tests.cast import CASTING

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.pages")]

PAGE = "/admin/page/"


def name_of(agent: Agent) -> str:
    with within(agent.tenant_id):
        return Agent.objects.get(id=agent.id).name


@pytest.fixture
def browser(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def test_it_knows_where_the_pages_are() -> None:
    assert reverse("admin:index") == PAGES


def test_it_shows_a_page_what_its_persons_tenant_has(browser: Client, bob: Person, scout: Agent, spy: Agent) -> None:
    browser.force_login(bob)
    assert browser.get(PAGE).json() == {
        "agents": ["scout"],
        "caller": f"person:{bob.id}",
        "role": "operator",
        "tenant": "acme",
    }


def test_it_shows_another_tenants_person_nothing_of_it(browser: Client, mallory: Person, scout: Agent) -> None:
    browser.force_login(mallory)
    assert browser.get(PAGE).json()["agents"] == []


def test_it_keeps_what_a_page_wrote(browser: Client, bob: Person, scout: Agent, spy: Agent) -> None:
    browser.force_login(bob)
    assert browser.get(PAGE, {"name": "Scout", "status": "302"}).status_code == 302
    assert (name_of(scout), name_of(spy)) == ("Scout", "")


@pytest.mark.parametrize("query", [{"status": "400"}, {"status": "404"}, {"status": "503"}, {"raise": "now"}])
def test_it_undoes_what_a_refused_page_wrote(browser: Client, bob: Person, scout: Agent, query: dict[str, str]) -> None:
    browser.force_login(bob)
    assert browser.get(PAGE, {"name": "Scout", **query}).status_code == int(query.get("status", 500))
    assert name_of(scout) == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", ["200", "422"])
def test_a_page_that_asks_outside_opens_its_scopes_itself(
    browser: Client, bob: Person, scout: Agent, spy: Agent, status: str
) -> None:
    browser.force_login(bob)
    assert browser.get("/admin/waiting/", {"status": status}).content == b"no scope, False"
    assert (name_of(scout), name_of(spy)) == ("Kept", "")


def test_it_opens_no_scope_for_a_stranger(browser: Client, scout: Agent) -> None:
    assert browser.get("/admin/scopeless/").content == b"no scope"
    assert browser.get(PAGE).status_code == 500
    assert browser.get(PAGES).headers["Location"] == f"/admin/login/?next={PAGES}"


def test_it_ends_the_session_of_somebody_who_was_shut_out(browser: Client, bob: Person, scout: Agent) -> None:
    browser.force_login(bob)
    assert browser.get("/admin/scopeless/").content == b"a scope"
    with within(bob.tenant_id):
        change_person(person=bob, by=CASTING, changes={"is_active": False})
    assert browser.get("/admin/scopeless/").content == b"no scope"


def test_it_takes_a_role_as_it_is_now(browser: Client, bob: Person, scout: Agent) -> None:
    browser.force_login(bob)
    with within(bob.tenant_id):
        change_person(person=bob, by=CASTING, changes={"role": "viewer"})
    assert browser.get(PAGE).json()["role"] == "viewer"


def test_it_lets_the_platforms_owner_choose_a_tenant(
    browser: Client, platform_owner: Person, acme: Tenant, scout: Agent, spy: Agent
) -> None:
    browser.force_login(platform_owner)
    assert browser.get(PAGE).json()["tenant"] == "platform-team"
    choose(browser, acme.id)
    shown = browser.get(PAGE).json()
    assert (shown["tenant"], shown["agents"], shown["role"]) == ("acme", ["scout"], "owner")


def test_it_goes_home_when_the_chosen_tenant_is_gone(browser: Client, platform_owner: Person) -> None:
    browser.force_login(platform_owner)
    choose(browser, uuid4())
    assert browser.get(PAGE).json()["tenant"] == "platform-team"
    assert CHOSEN_TENANT not in browser.session


def test_it_lets_nobody_else_choose(browser: Client, mallory: Person, acme: Tenant, scout: Agent) -> None:
    browser.force_login(mallory)
    choose(browser, acme.id)
    shown = browser.get(PAGE).json()
    assert (shown["tenant"], shown["agents"]) == ("globex", [])


def choose(browser: Client, tenant_id: object) -> None:
    session = browser.session
    session[CHOSEN_TENANT] = str(tenant_id)
    session.save()


@pytest.mark.parametrize("path", ["/api/v1/page/", "/hooks/page/", "/healthz", "/mcp"])
def test_it_does_not_touch_what_is_no_page(browser: Client, bob: Person, path: str) -> None:
    browser.force_login(bob)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = browser.get(path)
    assert (answer.content, list(queries)) == (b"no scope", [])


@pytest.mark.usefixtures("_asgi_thread")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [PAGE, "/admin/asynchronous-page/"])
async def test_it_opens_the_scope_around_an_asynchronous_request(
    async_client: AsyncClient, bob: Person, scout: Agent, spy: Agent, path: str
) -> None:
    await async_client.aforce_login(bob)
    answer = await async_client.get(path, {"name": "Scout"})
    assert (answer.status_code, answer.json()["agents"]) == (200, ["scout"])
    answer = await async_client.get(path, {"name": "Undone", "status": "409"})
    assert answer.status_code == 409
    assert await in_database_thread(name_of, scout) == "Scout"


@pytest.mark.usefixtures("_asgi_thread")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/v1/page/", "/mcp"])
async def test_it_lets_an_asynchronous_request_pass(async_client: AsyncClient, bob: Person, path: str) -> None:
    await async_client.aforce_login(bob)
    assert (await async_client.get(path)).content == b"no scope"
