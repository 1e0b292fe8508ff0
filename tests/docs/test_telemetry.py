"""The page of metrics names those that there are, with their labels."""

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from accounts.metrics import PREFIX
from config.metrics_page import state
from tests.docs.pages import plain, rows

PAGE = "docs/reference/telemetry.md"
SUFFIXES = {"counter": "_total"}


def counted() -> dict[str, list[str]]:
    """Those that processes count themselves, and their labels."""
    return {
        metric.name + SUFFIXES.get(metric.type, ""): list(collector._labelnames)
        for collector in list(REGISTRY._collector_to_names)
        if isinstance(collector, MetricWrapperBase)
        for metric in collector.describe()
        if metric.name.startswith(PREFIX)
    }


@pytest.mark.django_db
def test_it_lists_every_metric_with_its_labels() -> None:
    documented = {plain(row["Metric"]): plain(row["Labels"]).split() for row in rows(PAGE, "## Metrics")}
    read = {metric.name: sorted({label for sample in metric.samples for label in sample.labels}) for metric in state()}
    assert documented == counted() | read
