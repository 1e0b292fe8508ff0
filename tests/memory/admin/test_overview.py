"""The overview of memory: how much, where, what waits, and how well and how fast searches were answered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Person, Tenant
from accounts.tenancy import within
from memory.admin.charts import USUAL, WINDOWS, latency_chart, recall_chart
from memory.delete import delete_memory
from memory.embedding.active import ensure_model
from memory.models import BulkStatus, EmbeddingModel, IndexState, RecallSample, VectorIndex
from memory.sampling.over_time import Sampled, recall_over_time
from memory.sampling.timings import Moment, Spread, note
from tests.browsing import Browse
from tests.memory.admin.test_imports import an_import
from tests.memory.remembering import CURATOR, make_model, remember

pytestmark = pytest.mark.django_db

PAGE = "/admin/memory/overview/"
NOW = datetime(2026, 11, 30, 12, 34, 56, tzinfo=UTC)
HOUR = NOW.replace(minute=0, second=0)


def sample(tenant: Tenant, model: EmbeddingModel, recall: float, **facts: Any) -> None:
    usual = {"route": "ann", "index": "own", "wanted": 10, "found": 10, "ann_ms": 2.0, "exact_ms": 200.0}
    with within(tenant.id):
        RecallSample.objects.create(tenant=tenant, model=model, recall=recall, **{**usual, **facts})


class TestPage:
    def test_it_tells_how_much_there_is_and_where(
        self, browse: Browse, vera: Person, acme: Tenant, settings: Any
    ) -> None:
        settings.MEMORY_QUOTA = 8
        ensure_model()
        for number in range(3):
            remember(acme, f"note {number}", namespace="projects/apollo")
        remember(acme, "other", namespace="people")
        with within(acme.id):
            delete_memory(by=CURATOR, memory_id=remember(acme, "gone").id)
        page = browse(vera).page(PAGE)
        for shown in ("50 %", "of 8", "1 deleted", 'projects/</span><span class="qm-number">3', "people/"):
            assert shown in page
        assert 'Wait for a vector</dt><dd><span class="qm-tile-value">4</span>' in page

    def test_it_has_something_to_say_of_nothing(self, browse: Browse, vera: Person) -> None:
        page = browse(vera).page(PAGE)
        for shown in (
            "Nothing is remembered yet.",
            "No vectors were compared in this time.",
            "Nothing was sampled in this time.",
            "None: there are few enough vectors",
        ):
            assert shown in page
        assert "New memory" not in page

    def test_no_quota_is_called_none(self, browse: Browse, vera: Person, settings: Any) -> None:
        settings.MEMORY_QUOTA = 0
        assert "any number may be kept" in browse(vera).page(PAGE)

    def test_it_shows_what_goes_on(self, browse: Browse, alice: Person, acme: Tenant) -> None:
        make_model("next", state="building")  # type: ignore[arg-type]
        an_import(acme, alice, status=BulkStatus.RUNNING, line=30, created=30)
        page = browse(alice).page(PAGE)
        assert "Import of 100 lines" in page
        assert 'value="30"' in page
        assert "next is being built" in page

    def test_it_charts_how_long_searches_took(self, browse: Browse, vera: Person, acme: Tenant, globex: Tenant) -> None:
        for ms in (3.0, 4.0, 18.0):
            note(tenant_id=acme.id, route="exact", ms=ms)
        note(tenant_id=globex.id, route="ann", ms=900.0)
        page = browse(vera).page(PAGE, {"time": "minute"})
        assert "compared one by one, in ms" in page
        assert "Last hour: 3 searches" in page
        assert "by an index, in ms" not in page

    def test_it_tells_what_indexes_found(self, browse: Browse, vera: Person, acme: Tenant, globex: Tenant) -> None:
        model = make_model()
        sample(acme, model, 1.0)
        sample(acme, model, 0.9)
        sample(globex, model, 0.1)
        page = browse(vera).page(PAGE)
        assert "0.950" in page
        assert "2 searches were repeated exactly; the worst had found 90%." in page
        assert "Of all tenants" not in page

    def test_whoever_runs_the_installation_sees_every_tenants(
        self, browse: Browse, platform_owner: Person, acme: Tenant, globex: Tenant
    ) -> None:
        model = make_model()
        sample(acme, model, 1.0)
        sample(globex, model, 0.5, index="shared")
        _, _, table = browse(platform_owner).page(PAGE).partition("Of all tenants")
        assert table.index(">Globex<") < table.index(">Acme<")

    def test_indexes_of_others_are_not_told(self, browse: Browse, alice: Person, acme: Tenant, globex: Tenant) -> None:
        model = make_model()
        VectorIndex.objects.create(
            name="a", model=model, tenant=acme, state=IndexState.READY, rows=60_000, bytes=90_000_000, seconds=12.4
        )
        VectorIndex.objects.create(name="b", model=model, tenant=globex, state=IndexState.READY, rows=77_777)
        VectorIndex.objects.create(name="c", model=model, state=IndexState.FAILED, rows=99_999, detail="No room.")
        page = browse(alice).page(PAGE)
        assert "60,000 vectors · 90.0 MB · built in 12 s" in page
        assert ">Failed<" in page
        for hidden in ("77,777", "99,999", "No room."):
            assert hidden not in page

    def test_it_costs_the_same_for_many_as_for_one(self, browse: Browse, vera: Person, acme: Tenant) -> None:
        visitor = browse(vera)
        remember(acme, "one")
        visitor.page(PAGE)
        with CaptureQueriesContext(connection) as one:
            visitor.page(PAGE)
        for number in range(10):
            remember(acme, f"memory {number}", namespace=f"n{number}")
        with CaptureQueriesContext(connection) as many:
            visitor.page(PAGE)
        assert len(many) == len(one)


class TestCharts:
    def test_a_bar_is_half_and_nearly_all(self) -> None:
        moments = [Moment(HOUR, {"ann": Spread(1200, 7.6, 41.2), "exact": Spread(1, 5_000, 5_000)})]
        chart = latency_chart("ann", moments, USUAL, NOW)
        assert len(chart.bars) == 48
        assert chart.bars[-1].title == "Mon 12:00: 1,200 searches, half within 7.6 ms, 95 of 100 within 41.2 ms"
        assert [piece.kind for piece in chart.bars[-1].pieces] == ["p50", "p95"]
        assert (chart.peak, chart.bars[0].title) == (41, "Sat 13:00: no searches")
        assert chart.told == "Last 2 days: 1,200 searches; in the slowest step 95 of 100 took at most 41 ms."
        assert chart.ticks == ("Sat 13:00", "Sun 01:00", "Sun 13:00", "Mon 01:00", "now")

    def test_what_took_no_time_is_seen(self) -> None:
        moments = [Moment(HOUR, {"exact": Spread(1, 0.2, 0.2)})]
        assert latency_chart("exact", moments, USUAL, NOW).peak == 1

    def test_what_was_missed_stands_above_what_was_found(self) -> None:
        minute = NOW.replace(second=0)
        chart = recall_chart({minute: Sampled(7, 0.98, 0.8)}, WINDOWS["minute"], NOW)
        assert chart.bars[-1].title == "12:34: recall 0.980 on average of 7, 0.80 at the lowest"
        assert [(piece.kind, piece.height) for piece in chart.bars[-1].pieces] == [("found", 156.8), ("missed", 3.2)]
        assert chart.told == "Last hour: 7 searches were repeated exactly; the worst had found 80%."


def test_recall_is_gathered_by_step(acme: Tenant, globex: Tenant) -> None:
    model, now = make_model(), timezone.now()
    for recall in (1.0, 0.5):
        sample(acme, model, recall)
    sample(globex, model, 0.1)
    with within(acme.id):
        RecallSample.objects.filter(recall=0.5).update(at=now - timedelta(hours=2))
        found = recall_over_time(since=now - timedelta(days=1), step="hour")
        assert recall_over_time(since=now - timedelta(hours=1), step="minute").keys() == {
            now.replace(second=0, microsecond=0)
        }
    hour = now.replace(minute=0, second=0, microsecond=0)
    assert found == {hour: Sampled(1, 1.0, 1.0), hour - timedelta(hours=2): Sampled(1, 0.5, 0.5)}
