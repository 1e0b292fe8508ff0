from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from integrations.format import shelf
from integrations.models import Connection
from integrations.models.connection import ConnectionState
from registry.install import install_actions
from registry.models import Execution, Tool
from tests.browsing import Browse, address_of, list_of
from tests.catalogue import Register, manager_of
from tests.connections import SECRET, Connect

LIST = list_of(Connection)
Use = Callable[..., Execution]


@pytest.fixture
def use(acme: Tenant, scout: Agent) -> Use:
    def used(connection: Connection, **more: Any) -> Execution:
        facts = {
            "tool_slug": "parcels-find",
            "status": "succeeded",
            "started_at": timezone.now(),
            **more,
        }
        with within(acme.id):
            return Execution.objects.create(tenant=acme, agent=scout, attempts=1, connection_id=connection.id, **facts)

    return used


@pytest.fixture
def tool(acme: Tenant, connect_parcels: Connect) -> Tool:
    """parcels-find, which goes out with whatever is the default."""
    with within(acme.id):
        connector = shelf.connector("parcels", tenant_id=acme.id)
        assert connector is not None
        install_actions(by=manager_of(acme), connector=connector, actions=["find"])
        return Tool.objects.get()


class TestList:
    def test_it_says_whose_they_are_and_how_they_are(
        self, browse: Browse, vera: Person, connect_parcels: Connect, use: Use
    ) -> None:
        use(connect_parcels(name="Ours"))
        connect_parcels(end_user="ada")
        page = browse(vera).page(LIST)
        for shown in ("Ours", "Parcels", "ada", "Active", "0 s ago"):
            assert shown in page

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ({}, ["ours", "adas"]),
            ({"whose": "tenant"}, ["ours"]),
            ({"whose": "end_users"}, ["adas"]),
            ({"state": "disconnected"}, ["gone"]),
            ({"state": "active"}, ["ours", "adas"]),
            ({"connector": "parcels"}, ["ours", "adas"]),
            ({"q": "gone"}, []),
            ({"q": "ours"}, ["ours"]),
        ],
    )
    def test_it_is_narrowed(
        self,
        browse: Browse,
        acme: Tenant,
        vera: Person,
        connect_parcels: Connect,
        query: dict[str, str],
        shown: list[str],
    ) -> None:
        connect_parcels(slug="ours")
        connect_parcels(slug="adas", end_user="ada")
        gone = connect_parcels(slug="gone")
        with within(acme.id):
            Connection.objects.filter(id=gone.id).update(state=ConnectionState.DISCONNECTED)
        page = browse(vera).page(LIST, query)
        assert [slug for slug in ("ours", "adas", "gone") if f'qm-two-second">{slug}<' in page] == shown

    def test_it_says_what_to_do_first(self, browse: Browse, vera: Person) -> None:
        page = browse(vera).page(LIST)
        assert "Nothing is connected yet" in page
        assert 'href="/admin/connectors/"' in page

    def test_forty_cost_as_many_queries_as_one(
        self, browse: Browse, vera: Person, connect_parcels: Connect, use: Use
    ) -> None:
        use(connect_parcels())
        visitor, counts = browse(vera), []
        for _ in range(2):
            visitor.page(LIST)
            with CaptureQueriesContext(database) as asked:
                visitor.page(LIST)
            counts.append(len(asked))
            for number in range(39):
                connect_parcels(slug=f"p-{len(counts)}-{number}")
        assert counts[0] == counts[1]


class TestDetail:
    def test_it_says_who_uses_it(
        self, browse: Browse, vera: Person, connect_parcels: Connect, tool: Tool, use: Use
    ) -> None:
        ours = connect_parcels()
        execution = use(ours, tool=tool)
        use(ours, tool=tool, started_at=timezone.now() - timedelta(minutes=5))
        page = browse(vera).page(address_of(ours))
        assert f'href="{address_of(tool)}"' in page
        assert '<td data-label="Calls" class="qm-right qm-number">2</td>' in page
        assert address_of(execution) in page
        assert f"/admin/registry/execution/?connection={ours.id}" in page

    def test_no_secret_is_on_it(self, browse: Browse, alice: Person, connect_parcels: Connect) -> None:
        ours = connect_parcels()
        for page in ("change", "rotate", "reconnect", "edit", "history"):
            assert SECRET not in browse(alice).page(address_of(ours, page))

    def test_what_was_granted_is_told_in_the_connectors_words(self, browse: Browse, acme: Tenant, vera: Person) -> None:
        with within(acme.id):
            facts = {"name": "Slack", "connector": "slack", "auth": "oauth", "scopes": ["chat:write", "odd"]}
            slack = Connection.objects.create(tenant=acme, slug="slack", state="active", **facts)
        page = browse(vera).page(address_of(slack))
        assert "Post messages where the app is a member <code>chat:write</code>" in page
        assert "<li><code>odd</code></li>" in page

    def test_whoever_disconnects_it_is_told_what_stops(
        self, browse: Browse, alice: Person, connect_parcels: Connect, tool: Tool
    ) -> None:
        ours = connect_parcels()
        assert "get another connection: <code>parcels-find</code>." in browse(alice).page(
            address_of(ours, "disconnect")
        )
        adas = connect_parcels(end_user="ada")
        assert "No tool goes out with it." in browse(alice).page(address_of(adas, "disconnect"))


class TestExecutions:
    def test_they_are_narrowed_to_those_that_went_out_with_one(
        self, browse: Browse, vera: Person, connect_parcels: Connect, use: Use
    ) -> None:
        ours, second = connect_parcels(), connect_parcels(slug="second")
        mine, other = use(ours), use(second)
        page = browse(vera).page(list_of(Execution), {"connection": str(ours.id)})
        assert "Connection: <strong>parcels</strong>" in page
        assert (str(mine.id) in page, str(other.id) in page) == (True, False)

    def test_each_says_what_it_went_out_with(
        self, browse: Browse, vera: Person, connect_parcels: Connect, use: Use
    ) -> None:
        ours = connect_parcels(name="Our parcels")
        page = browse(vera).page(address_of(use(ours)))
        assert f'<a class="qm-link" href="{address_of(ours)}">Our parcels</a>' in page


class TestTool:
    def test_it_says_what_it_goes_out_with(
        self, browse: Browse, vera: Person, connect_parcels: Connect, tool: Tool
    ) -> None:
        assert "Parcels is not connected yet. An admin can connect it." in browse(vera).page(address_of(tool))
        connect_parcels(name="Our parcels")
        page = browse(vera).page(address_of(tool))
        assert "Our parcels" in page
        assert "the default connection of" in page

    def test_it_is_given_another_one(
        self, browse: Browse, acme: Tenant, bob: Person, connect_parcels: Connect, tool: Tool
    ) -> None:
        connect_parcels()
        second = connect_parcels(slug="second", name="Second")
        page = browse(bob).done(address_of(tool, "connection"), {"connection": "second"})
        assert "chosen for this tool" in page
        with within(acme.id):
            assert Tool.objects.get().connection_id == second.id
        assert 'value="second" selected' in browse(bob).page(address_of(tool, "connection"))
        browse(bob).done(address_of(tool, "connection"), {"connection": ""})
        with within(acme.id):
            assert Tool.objects.get().connection_id is None

    def test_a_viewer_gives_it_none(
        self, browse: Browse, acme: Tenant, vera: Person, connect_parcels: Connect, tool: Tool
    ) -> None:
        connect_parcels(slug="second")
        assert browse(vera).post(address_of(tool, "connection"), {"connection": "second"}).status_code == 403
        with within(acme.id):
            assert Tool.objects.get().connection_id is None

    def test_one_without_a_connector_says_nothing_of_it(self, browse: Browse, bob: Person, register: Register) -> None:
        page = browse(bob).page(address_of(register()))
        assert "Goes out with" not in page
        assert "Change connection" not in page
