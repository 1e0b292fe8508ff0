"""`tools/batch/`: an outcome for each, in the order they were sent."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from accounts.tenancy import within
from registry.models import Tool
from tests.accounts.api.problems import refused_fields
from tests.catalogue import FIND_CONTACT
from tests.doors import Api
from tests.registry.trail import actions

pytestmark = pytest.mark.django_db


def spec(slug: Any, **changes: Any) -> dict[str, Any]:
    return {**FIND_CONTACT, "slug": slug, **changes}


def living(tenant: Tenant) -> list[str]:
    with within(tenant.id):
        return sorted(Tool.objects.values_list("slug", flat=True))


def outcomes(answer: Any) -> list[tuple[Any, int]]:
    assert answer.status_code == 200, answer.json()
    return [(outcome["slug"], outcome["status"]) for outcome in answer.json()["outcomes"]]


MIXED = [
    spec("one"),
    spec("two", timeout_ms="5"),
    spec("one"),
    spec(5),
    "nonsense",
    spec("six", version="x"),
    spec("seven"),
]
STATUSES = [("one", 201), ("two", 422), ("one", 409), (None, 422), (None, 422), ("six", 422), ("seven", 201)]


def test_it_has_an_outcome_for_each(api: Api, acme: Tenant) -> None:
    answer = api.post("tools/batch/", {"tools": MIXED})
    assert outcomes(answer) == STATUSES
    first, second = answer.json()["outcomes"][:2]
    assert first["tool"] == api.get("tools/one/").json()
    assert (second["problem"]["code"], second["problem"]["errors"][0]["path"]) == ("invalid_input", "$.timeout_ms")
    assert living(acme) == ["one", "seven"]


def test_it_registers_all_or_none(api: Api, acme: Tenant) -> None:
    answer = api.post("tools/batch/", {"atomic": True, "tools": MIXED})
    assert outcomes(answer) == [(slug, 409 if status == 201 else status) for slug, status in STATUSES]
    assert "another tool of this atomic batch" in answer.json()["outcomes"][0]["problem"]["detail"]
    assert living(acme) == []
    assert actions() == []
    assert outcomes(api.post("tools/batch/", {"atomic": True, "tools": [spec("one"), spec("two")]})) == [
        ("one", 201),
        ("two", 201),
    ]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, ["$.tools"]),
        ({"tools": []}, ["$.tools"]),
        ({"tools": {}}, ["$.tools"]),
        ({"tools": [{}] * 201}, ["$.tools"]),
        ({"tools": [spec("one")], "atomic": "yes"}, ["$.atomic"]),
        ({"tools": [spec("one")], "mode": "fast"}, ["$.mode"]),
    ],
)
def test_it_refuses_what_is_no_batch(api: Api, acme: Tenant, body: Any, paths: list[str]) -> None:
    assert refused_fields(api.post("tools/batch/", body)) == paths
    assert living(acme) == []


def test_it_reads_all_outcomes_together(api: Api) -> None:
    api.post("tools/batch/", {"tools": [spec("zero")]})
    with CaptureQueriesContext(connection) as for_one:
        api.post("tools/batch/", {"tools": [spec("one")]})
    with CaptureQueriesContext(connection) as for_five:
        api.post("tools/batch/", {"tools": [spec(f"five-{n}") for n in range(5)]})
    reads = [sum(query["sql"].startswith("SELECT") for query in queries) for queries in (for_one, for_five)]
    # For each tool its slug's lock, taken twice, and a look whether it is free.
    assert reads[1] - reads[0] == 4 * 3
