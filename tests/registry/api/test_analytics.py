"""How a stretch of time went, over REST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.ids import first_id_at
from accounts.models import Agent, Tenant
from accounts.tenancy import within
from registry.models import Execution
from registry.models.execution import Status
from tests.doors import Api
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STRETCH = {"since": "2026-11-20T12:00:00Z", "until": "2026-11-20T15:00:00Z"}


@pytest.fixture
def api(scout_key: str) -> Api:
    return Api(scout_key)


def ran(tenant: Tenant, *, minute: int, ms: int | None = 10, **facts: Any) -> None:
    """An execution that began so many minutes after noon and took `ms`; None: it has not ended."""
    started = NOON + timedelta(minutes=minute)
    with within(tenant.id):
        number = Execution.objects.count()
        Execution.objects.create(
            id=first_id_at(started).__class__(int=first_id_at(started).int + number + 1),
            tenant=tenant,
            **{"tool_slug": "crm-find", "version": "1.0.0", "status": Status.SUCCEEDED} | facts,
            started_at=started,
            finished_at=None if ms is None else started + timedelta(milliseconds=ms),
        )


def test_it_counts_all_calls_of_a_stretch(acme: Tenant, api: Api) -> None:
    for minute, ms in enumerate((10, 20, 30)):
        ran(acme, minute=minute, ms=ms)
    ran(acme, minute=3, ms=100, status=Status.FAILED, error={"code": "timeout"})
    ran(acme, minute=4, ms=1, status=Status.REFUSED, error={"code": "rate_limited"}, count=7)
    ran(acme, minute=5, ms=None, status=Status.RUNNING)
    ran(acme, minute=6, cached=True)
    assert api.get("analytics/", STRETCH).json() == {
        "since": "2026-11-20T12:00:00Z",
        "until": "2026-11-20T15:00:00Z",
        "total": {
            "key": "",
            "calls": 13,
            "succeeded": 4,
            "failed": 1,
            "refused": 7,
            "cancelled": 0,
            "unfinished": 1,
            "cached": 1,
            "error_rate": 0.2,
            "p50_ms": 20.0,
            "p95_ms": 86.0,
            "p99_ms": 97.2,
        },
    }


def test_it_says_that_there_was_nothing(api: Api, acme: Tenant) -> None:
    total = api.get("analytics/", STRETCH).json()["total"]
    assert (total["calls"], total["error_rate"], total["p50_ms"]) == (0, None, None)


def test_the_time_that_a_person_took_is_nobodys_latency(acme: Tenant, api: Api) -> None:
    ran(acme, minute=1, ms=20)
    ran(acme, minute=1, ms=3_600_000, run=2)
    total = api.get("analytics/", STRETCH).json()["total"]
    assert (total["calls"], total["p99_ms"]) == (2, 20.0)


def test_it_leaves_out_what_lies_outside(acme: Tenant, api: Api) -> None:
    ran(acme, minute=-1)
    ran(acme, minute=0)
    ran(acme, minute=179)
    ran(acme, minute=180)
    assert api.get("analytics/", STRETCH).json()["total"]["calls"] == 2


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("tool", [("crm-find", 2), ("crm-make", 1)]),
        ("version", [("crm-find@1.0.0", 1), ("crm-find@2.0.0", 1), ("crm-make@1.0.0", 1)]),
        ("agent", [("scout", 2), ("", 1)]),
        ("status", [("succeeded", 2), ("failed", 1)]),
        ("code", [("", 2), ("timeout", 1)]),
        ("mode", [("sync", 2), ("async", 1)]),
        ("provider", [("openai", 2), ("", 1)]),
    ],
)
def test_it_groups_calls(acme: Tenant, scout: Agent, api: Api, by: str, expected: list[tuple[str, int]]) -> None:
    ran(acme, minute=1, agent=scout, provider="openai")
    ran(acme, minute=2, agent=scout, version="2.0.0", provider="openai")
    ran(acme, minute=3, tool_slug="crm-make", status=Status.FAILED, error={"code": "timeout"}, mode="async")
    groups = api.get("analytics/groups/", {**STRETCH, "by": by}).json()["results"]
    assert [(group["key"], group["calls"]) for group in groups] == expected


def test_it_tells_of_one_tool_only(acme: Tenant, api: Api) -> None:
    ran(acme, minute=1)
    ran(acme, minute=2, tool_slug="crm-make")
    groups = api.get("analytics/groups/", {**STRETCH, "tool": "crm-make"}).json()["results"]
    assert [(group["key"], group["calls"]) for group in groups] == [("crm-make", 1)]


def test_it_draws_a_series_without_gaps(acme: Tenant, api: Api) -> None:
    ran(acme, minute=10)
    ran(acme, minute=130)
    ran(acme, minute=140)
    points = api.get("analytics/series/", {**STRETCH, "every": "hour"}).json()["results"]
    assert [(point["key"], point["calls"]) for point in points] == [
        ("2026-11-20T12:00:00Z", 1),
        ("2026-11-20T13:00:00Z", 0),
        ("2026-11-20T14:00:00Z", 2),
    ]


def test_it_begins_a_series_with_a_whole_hour(acme: Tenant, api: Api) -> None:
    ran(acme, minute=40)
    stretch = {"since": "2026-11-20T12:30:00Z", "until": "2026-11-20T13:00:00Z", "every": "hour"}
    points = api.get("analytics/series/", stretch).json()["results"]
    assert [(point["key"], point["calls"]) for point in points] == [("2026-11-20T12:00:00Z", 1)]


@pytest.mark.parametrize(
    ("path", "query", "parameter"),
    [
        ("analytics/", {"since": STRETCH["until"], "until": STRETCH["since"]}, "since"),
        ("analytics/", {"since": "2026-01-01T00:00:00Z", "until": "2026-11-01T00:00:00Z"}, "since"),
        ("analytics/", {"since": "yesterday"}, "since"),
        ("analytics/", {"until": "0001-01-01T00:00:00Z"}, "until"),
        ("analytics/", {"since": "1960-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "since"),
        ("analytics/groups/", {"until": "9999-12-31T23:59:59-01:00"}, "until"),
        ("analytics/series/", {"since": "1969-12-31T00:00:00Z", "until": STRETCH["until"]}, "since"),
        ("analytics/groups/", {"by": "colour"}, "by"),
        ("analytics/series/", {**STRETCH, "since": "2026-11-01T00:00:00Z", "every": "minute"}, "every"),
    ],
)
def test_it_refuses_a_stretch_that_makes_no_sense(api: Api, path: str, query: dict[str, str], parameter: str) -> None:
    answer = api.get(path, query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [fault["path"] for fault in answer.json()["errors"]] == [parameter]


@pytest.mark.parametrize("path", ["analytics/", "analytics/groups/", "analytics/series/"])
def test_it_refuses_times_that_no_id_can_hold(api: Api, path: str) -> None:
    answer = api.get(path, {"since": "1960-01-01T00:00:00Z", "until": "1960-01-02T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [fault["path"] for fault in answer.json()["errors"]] == ["since", "until"]


def test_it_is_blind_to_other_tenants(acme: Tenant, globex: Tenant, spy_key: str) -> None:
    ran(acme, minute=1)
    assert Api(spy_key).get("analytics/", STRETCH).json()["total"]["calls"] == 0


def test_it_looks_back_a_day_by_default(acme: Tenant, api: Api) -> None:
    found = api.get("analytics/").json()
    length = datetime.fromisoformat(found["until"]) - datetime.fromisoformat(found["since"])
    assert length == timedelta(days=1)


def test_it_gives_up_on_a_count_that_takes_too_long(
    acme: Tenant, api: Api, monkeypatch: pytest.MonkeyPatch, servers: Servers
) -> None:
    monkeypatch.setattr("registry.analytics.PATIENCE_MS", 50)
    with servers.connect_as_superuser() as superuser, superuser.transaction():
        superuser.execute("LOCK TABLE registry_execution")
        answer = api.get("analytics/", STRETCH)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "since")
