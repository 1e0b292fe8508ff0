from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.ids import first_id_at, new_id
from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry.models import Execution, Tool
from registry.models.execution import Status
from tests.browsing import Browse, address_of, list_of
from tests.catalogue import Register

pytestmark = pytest.mark.django_db


@pytest.fixture
def tool(register: Register) -> Tool:
    return register()


def executed(agent: Agent, tool: Tool, *, ago: timedelta = timedelta(), **fields: Any) -> Execution:
    at = timezone.now() - ago
    usual = {
        "id": UUID(int=first_id_at(at).int | new_id().int & (1 << 80) - 1),
        "status": Status.SUCCEEDED,
        "version": "1.0.0",
        "input": {"account": 7},
        "output": {"found": True},
        "timings": {"send": 40_000, "resolve": 200, "record": 1_100},
        "attempts": 1,
        "started_at": at,
        "finished_at": at + timedelta(milliseconds=41),
    }
    with within(agent.tenant_id):
        return Execution.objects.create(
            tenant_id=agent.tenant_id, agent=agent, **{"tool": tool, "tool_slug": tool.slug, **usual, **fields}
        )


def test_it_lists_executions_newest_first(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    old = executed(scout, tool, ago=timedelta(hours=2), status=Status.REFUSED, error={"code": "rate_limited"}, count=37)
    new = executed(scout, tool)
    page = browse(vera).page(list_of(Execution))
    assert page.index(address_of(new)) < page.index(address_of(old))
    assert "41.0 ms" in page
    assert "rate_limited" in page
    assert "&times; 37" in browse(vera).get(list_of(Execution)).content.decode()
    assert '<td data-label="Agent">scout</td>' in page


def test_it_says_what_to_do_before_there_is_one(browse: Browse, vera: Person) -> None:
    page = browse(vera).page(list_of(Execution))
    assert "No executions yet" in page
    assert "Look at the tools" in page


def test_it_narrows_by_status_tool_agent_and_time(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    shown = executed(scout, tool, ago=timedelta(hours=2))
    visitor = browse(vera)

    def found(**query: str) -> bool:
        return address_of(shown) in visitor.page(list_of(Execution), query)

    assert found(status="succeeded")
    assert not found(status="failed")
    assert found(tool=str(tool.id), agent=str(scout.id))
    assert found(time="day")
    assert not found(time="hour")
    assert found(time="yesterday")
    assert found(tool=str(uuid4()))


def test_it_offers_a_tool_that_was_asked_for_beyond_the_first(
    browse: Browse, vera: Person, scout: Agent, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.admin.executions.MOST_CHOICES", 1)
    first, second = register(slug="a-first"), register(slug="b-second")
    visitor = browse(vera)
    assert f"?tool={second.id}" not in visitor.page(list_of(Execution))
    assert "Tool: <strong>b-second</strong>" in visitor.page(list_of(Execution), {"tool": str(second.id)})
    assert f"?tool={first.id}" in visitor.page(list_of(Execution))


def test_it_finds_by_id_trace_and_the_beginning_of_a_slug(
    browse: Browse, vera: Person, scout: Agent, tool: Tool
) -> None:
    shown = executed(scout, tool, trace_id="abc123")
    visitor = browse(vera)
    for term in (str(shown.id), "abc123", "CRM-F", "  crm  ", " "):
        assert address_of(shown) in visitor.page(list_of(Execution), {"q": term}), term
    for term in (str(uuid4()), "abc", "find"):
        assert address_of(shown) not in visitor.page(list_of(Execution), {"q": term}), term


def test_it_shows_input_output_and_where_the_time_went(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    page = browse(vera).page(address_of(executed(scout, tool, idempotency_key="order-1", trace_id="abc123")))
    assert '<span class="qm-json-key">"account"</span>' in page
    assert '<span class="qm-json-key">"found"</span>' in page
    assert "41.3 ms in all: resolve 200 µs; send 40.0 ms; record 1.1 ms." in page
    assert '<rect class="qm-step qm-step-send"' in page
    assert '<td class="qm-right qm-number">40000</td>' in page
    assert "order-1" in page
    assert "abc123" in page


def test_it_shows_why_a_call_was_refused(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    faults = [{"path": "$.account", "message": "`x` is no number"}]
    error = {"code": "invalid_input", "detail": "It does not fit `crm-find`.", "errors": faults}
    page = browse(vera).page(address_of(executed(scout, tool, status=Status.REFUSED, error=error, output=None)))
    assert "It does not fit <code>crm-find</code>." in page
    assert "<code>$.account</code> <code>x</code> is no number" in page
    assert "None: it did not succeed." in page


def test_it_shows_what_is_not_finished(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    running = executed(scout, tool, status=Status.RUNNING, finished_at=None, timings={}, output=None)
    page = browse(vera).page(address_of(running))
    assert "Nothing was measured yet" in page
    assert ">Running</span>" in page


def test_it_shows_a_call_of_a_tool_that_there_is_not(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    error = {"code": "tool_not_found", "message": "There is no tool `crm`."}
    refused = executed(scout, tool, version="", status=Status.REFUSED, error=error, count=3)
    with within(scout.tenant_id):
        Execution.objects.filter(id=refused.id).update(agent=None, tool=None)
    page = browse(vera).page(address_of(refused))
    assert "There is no tool <code>crm</code>." in page
    assert "3 refusals" in page


def test_it_shows_no_sealed_input(browse: Browse, alice: Person, scout: Agent, tool: Tool) -> None:
    running = executed(scout, tool, status=Status.RUNNING, sealed_input=b"sealed-and-secret", request_digest=b"d" * 32)
    assert "sealed-and-secret" not in browse(alice).page(address_of(running))


def test_it_cannot_be_changed(browse: Browse, alice: Person, scout: Agent, tool: Tool) -> None:
    shown = executed(scout, tool)
    visitor = browse(alice)
    assert visitor.post(address_of(shown), {"status": "failed"}).status_code == 403
    assert visitor.post(address_of(shown, "delete"), {"post": "yes"}).status_code == 403
    assert visitor.get("/admin/registry/execution/add/").status_code == 403
    with within(scout.tenant_id):
        assert Execution.objects.get(id=shown.id).status == Status.SUCCEEDED


def unfinished(agent: Agent, tool: Tool, **fields: Any) -> Execution:
    usual: dict[str, Any] = {
        "status": Status.PENDING,
        "waits_for": "worker",
        "finished_at": None,
        "output": None,
        "timings": {},
    }
    return executed(agent, tool, **{**usual, **fields})


def test_it_shows_how_far_one_is_and_reads_itself_again(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    progress = {"fraction": 0.42, "message": "page 42 <of> 100", "at": "2026-11-20T12:00:00Z"}
    running = unfinished(scout, tool, status=Status.RUNNING, waits_for="", progress=progress)
    page = browse(vera).page(address_of(running))
    assert "It is running." in page
    assert 'value="42"' in page
    assert "42 % · page 42 <of> 100" in page
    assert 'data-refresh-seconds="2"' in page
    assert "data-refresh-seconds" not in browse(vera).page(address_of(executed(scout, tool)))


@pytest.mark.parametrize(("waits_for", "said"), [("worker", "waits for a worker"), ("approval", "a person's approval")])
def test_it_says_what_one_waits_for(
    waits_for: str, said: str, browse: Browse, vera: Person, scout: Agent, tool: Tool
) -> None:
    assert said in browse(vera).page(address_of(unfinished(scout, tool, waits_for=waits_for)))


def test_an_operator_cancels_one_that_has_not_ended(browse: Browse, bob: Person, scout: Agent, tool: Tool) -> None:
    waiting = unfinished(scout, tool)
    visitor = browse(bob)
    assert address_of(waiting, "cancel") in visitor.page(address_of(waiting))
    assert "It has not been sent" in visitor.page(address_of(waiting, "cancel"))
    assert "It is cancelled" in visitor.done(address_of(waiting, "cancel"))
    with within(scout.tenant_id):
        waiting.refresh_from_db()
    assert waiting.status == Status.CANCELLED
    assert address_of(waiting, "cancel") not in visitor.page(address_of(waiting))


def test_one_that_runs_is_marked(browse: Browse, bob: Person, scout: Agent, tool: Tool) -> None:
    running = unfinished(scout, tool, status=Status.RUNNING, waits_for="")
    visitor = browse(bob)
    assert "connection to the tool's service is closed" in visitor.page(address_of(running, "cancel"))
    assert "It is being cancelled." in visitor.done(address_of(running, "cancel"))


def test_nobody_cancels_what_has_ended(browse: Browse, bob: Person, scout: Agent, tool: Tool) -> None:
    ended = executed(scout, tool)
    assert address_of(ended, "cancel") not in browse(bob).page(address_of(ended))
    assert "has ended already" in browse(bob).refused(address_of(ended, "cancel"))


def test_a_viewer_does_not_cancel(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    waiting = unfinished(scout, tool)
    assert address_of(waiting, "cancel") not in browse(vera).page(address_of(waiting))
    assert browse(vera).post(address_of(waiting, "cancel")).status_code == 403
    with within(scout.tenant_id):
        waiting.refresh_from_db()
    assert waiting.status == Status.PENDING


def test_it_shows_what_a_composite_called_as_a_tree(
    browse: Browse, vera: Person, scout: Agent, register: Register
) -> None:
    tools = {slug: register(slug=slug) for slug in ("trip", "hotel", "rooms", "flight")}
    trip = executed(scout, tools["trip"], ago=timedelta(seconds=9), status=Status.FAILED, error={"code": "call_failed"})
    hotel = executed(scout, tools["hotel"], ago=timedelta(seconds=8), parent_id=trip.id)
    flight = executed(scout, tools["flight"], parent_id=trip.id, status=Status.FAILED, error={"code": "upstream_error"})
    rooms = executed(scout, tools["rooms"], ago=timedelta(seconds=7), parent_id=hotel.id)
    page = browse(vera).page(address_of(trip))
    assert "Calls that it made" in page
    order = [page.index(f'href="{address_of(each)}"') for each in (hotel, rooms, flight)]
    assert order == sorted(order)
    assert page.count("qm-branch-0") == 2
    assert page.count("qm-branch-1") == 1
    assert "upstream_error" in page
    inner = browse(vera).page(address_of(rooms))
    assert f'href="{address_of(hotel)}"' in inner
    assert "Calls that it made" not in inner


def test_it_shows_the_others_of_a_batch(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    batch = new_id()
    first, second = (executed(scout, tool, parent_id=batch) for _ in range(2))
    page = browse(vera).page(address_of(first))
    assert "Calls of the same batch" in page
    assert str(batch) in page
    assert f'href="{address_of(second)}"' in page
    assert "this one" in page


def test_it_shows_no_family_of_a_call_that_stands_alone(browse: Browse, vera: Person, scout: Agent, tool: Tool) -> None:
    for alone in (executed(scout, tool), executed(scout, tool, parent_id=new_id())):
        page = browse(vera).page(address_of(alone))
        assert "Calls that it made" not in page
        assert "Calls of the same" not in page


def test_it_shows_nothing_of_another_tenants_family(
    browse: Browse, vera: Person, scout: Agent, tool: Tool, spy: Agent, register: Register, globex: Tenant
) -> None:
    ours = executed(scout, tool)
    theirs = executed(spy, register(tenant=globex, slug="theirs"), parent_id=ours.id)
    page = browse(vera).page(address_of(ours))
    assert "Calls that it made" not in page
    assert str(theirs.id) not in page
