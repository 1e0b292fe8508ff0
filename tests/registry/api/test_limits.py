"""Limits on the wire: set, shown in use, and told in headers."""

import pytest

from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import platform, within
from registry.api.limit_headers import limit_headers
from registry.limits.bounds import Bound, Kind, Subject, Taken
from registry.models import TenantTool, Tool
from registry.register import register_tool
from tests.cast import CASTING
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.doors import Api
from tests.registry.execution.calls import TENANT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(db: None) -> Tool:
    with platform():
        spec = {"slug": "clock", "name": "Clock", "version": "1.0.0", "transport": "builtin", "read_only": True}
        return register_tool(by=CASTING, spec={**spec, "definition": {"function": "clock"}}, shared=True)


def test_it_tells_every_limited_answer_how_much_is_left(acme: Tenant, corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_hour": 2}, concurrency={"most": 5})
    with within(acme.id):
        Agent.objects.update(quota={"per_day": 100})
    answer = corridor.post("tools/crm-find/execute/", {"input": {"account": 7}})
    assert answer.status_code == 200
    assert answer["RateLimit-Policy"] == (
        '"tool-hour";q=2;w=3600, "tool-concurrency";q=5;qu="concurrent-requests", "agent-day";q=100;w=86400'
    )
    assert answer["RateLimit"] == '"tool-hour";r=1;t=1800'


def test_it_tells_a_refused_call_when_to_come_again(corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_minute": 1})
    corridor.post("tools/crm-find/execute/", {"input": {"account": 7}})
    refused = corridor.post("tools/crm-find/execute/", {"input": {"account": 7}})
    assert refused.status_code == 429
    assert refused["RateLimit-Policy"] == '"tool-minute";q=1;w=60'
    name, left, seconds = refused["RateLimit"].split(";")
    assert (name, left) == ('"tool-minute"', "r=0")
    assert 1 <= int(seconds.removeprefix("t=")) <= int(refused["Retry-After"]) <= 61


def test_it_tells_nothing_where_there_is_no_limit(corridor: Corridor, register: Register) -> None:
    register()
    answer = corridor.post("tools/crm-find/execute/", {"input": {"account": 7}})
    assert "RateLimit" not in answer.headers
    assert "RateLimit-Policy" not in answer.headers


def test_it_gives_concurrency_no_window() -> None:
    subject = Subject("agent", TENANT, TENANT, "your agent")
    bound = Bound(Kind.CONCURRENCY, subject, "", 5, 5, 0, False, "key")
    assert limit_headers(Taken((bound,), (4,), (0.0,))) == {
        "RateLimit-Policy": '"agent-concurrency";q=5;qu="concurrent-requests"',
        "RateLimit": '"agent-concurrency";r=4',
    }


def test_it_shows_a_tools_limits_in_use(corridor: Corridor, api: Api, register: Register) -> None:
    register(rate_limit={"per_hour": 2}, quota={"per_month": 50})
    corridor.call("crm-find", {"account": 7})
    hour, month = api.get("tools/crm-find/limits/").json()["limits"]
    assert hour == {
        "name": "tool-hour",
        "kind": "rate",
        "number": 2,
        "window_seconds": 3600,
        "used": 1,
        "left": 1,
        "without_redis": "open",
        "resets_at": None,
    }
    assert (month["name"], month["used"], month["left"], month["without_redis"]) == ("tool-month", 1, 49, "closed")
    assert month["resets_at"].endswith("-01T00:00:00Z")


def test_it_shows_an_agents_limits_with_its_tenants(acme: Tenant, api: Api) -> None:
    with within(acme.id):
        Agent.objects.update(concurrency={"most": 2})
        Tenant.objects.update(quota={"per_day": 9})
    shown = api.get("agents/scout/limits/").json()["limits"]
    assert [(each["name"], each["left"]) for each in shown] == [("agent-concurrency", 2), ("tenant-day", 9)]


def test_it_shows_no_limits_of_another_tenants(spy_api: Api, scout: Agent, register: Register) -> None:
    register()
    assert spy_api.get("tools/crm-find/limits/").status_code == 404
    assert spy_api.get("agents/scout/limits/").status_code == 404


def test_it_sets_the_limits_of_a_tool(acme: Tenant, api: Api, register: Register) -> None:
    tool = register(rate_limit={"per_minute": 5})
    answer = api.patch("tools/crm-find/limits/", {"rate_limit": None, "concurrency": {"most": 3}})
    assert [each["name"] for each in answer.json()["limits"]] == ["tool-concurrency"]
    with within(acme.id):
        tool.refresh_from_db()
    assert (tool.rate_limit, tool.concurrency) == (None, {"most": 3})


def test_it_sets_a_tenants_own_limits_for_a_shared_tool(acme: Tenant, globex: Tenant, clock: Tool, api: Api) -> None:
    with within(acme.id):
        acme.refresh_from_db()
    generation = acme.generation
    answer = api.patch("tools/clock/limits/", {"quota": {"per_day": 5}})
    assert [(each["name"], each["left"]) for each in answer.json()["limits"]] == [("own-day", 5)]
    api.patch("tools/clock/limits/", {"quota": {"per_day": 5}})
    with within(acme.id):
        acme.refresh_from_db()
        assert TenantTool.objects.get().quota == {"per_day": 5}
        assert [entry.detail for entry in AuditEntry.objects.filter(action="tool.limited")] == [{"fields": ["quota"]}]
    assert acme.generation == generation + 1
    with platform():
        clock.refresh_from_db()
    assert clock.quota is None


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"quota": {"per_week": 5}}, "$.quota.per_week"),
        ({"quota": {}}, "$.quota"),
        ({"concurrency": {"most": "5"}}, "$.concurrency.most"),
        ({"enabled": False}, "$.enabled"),
    ],
)
def test_it_sets_no_limit_that_cannot_be_kept(acme: Tenant, clock: Tool, api: Api, body: object, path: str) -> None:
    answer = api.patch("tools/clock/limits/", body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)
    with within(acme.id):
        assert not TenantTool.objects.exists()
