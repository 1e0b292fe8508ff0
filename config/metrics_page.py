"""`/metrics`: what all processes have counted, and what PostgreSQL and Redis know at this moment, for Prometheus."""

import asyncio
import hmac
import ipaddress
from collections.abc import Iterable

from django.conf import settings
from django.db import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout

from accounts.errors import Forbidden
from accounts.metrics import PREFIX, all_processes
from accounts.models import AuditEntry
from accounts.offload import in_database_thread
from accounts.pool import tell_pool
from accounts.tenancy import platform
from config.handlers import problem_page
from config.patience import asked_in_time
from memory.indexes.states import count_states
from registry.backlog import backlog
from registry.breakers.census import holds, troubled_circuits
from webhooks.backlog import backlog as webhook_backlog

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")


class _Found(Collector):
    """Metrics that were read for this answer."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        return self._found


@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        return problem_page(
            Forbidden("Send `Authorization: Bearer <METRICS_TOKEN>`; without that setting only this machine may read.")
        )
    registry = await asyncio.to_thread(_counted)
    registry.register(_Found(await _known()))
    return _written(registry, request.headers.get("Accept", ""))


def may_read(request: HttpRequest) -> bool:
    """With the token where one is set; else from this machine itself, and not through a proxy that runs on it."""
    token: str = settings.METRICS_TOKEN
    if token:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), token.encode())
    return not any(name in request.META for name in _FORWARDED) and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _written(registry: CollectorRegistry, accept: str) -> HttpResponse:
    encode, content_type = choose_encoder(accept)
    return HttpResponse(encode(registry), content_type=content_type)


def _counted() -> CollectorRegistry:
    """Others told of their pools a moment ago, this process does now."""
    tell_pool()
    return all_processes()


async def _known() -> list[Metric]:
    """Nothing while PostgreSQL is away or no connection is free: what was counted says so, and has to be read then."""
    asked = await asked_in_time(in_database_thread(state))
    try:
        return asked.result() if asked else []
    except (DatabaseFault, PoolTimeout):
        return []


def state() -> list[Metric]:
    """What is read from PostgreSQL and Redis for one answer."""
    with platform():
        found, webhooks = backlog(timezone.now()), webhook_backlog(timezone.now())
        unsealed = AuditEntry.objects.unsealed().count()
        held, indexes = holds(), count_states()
    return [
        _by("waits_for", "executions_unfinished", "Executions that have not ended.", found.unfinished.items()),
        _gauge("executions_overdue_seconds", "For how long the oldest one has been due.", found.overdue_seconds),
        _gauge("audit_entries_unsealed", "Entries not yet in a chain.", unsealed),
        _by("state", "webhook_runs", "Runs of webhook events that have not succeeded.", webhooks.runs.items()),
        _by("state", "webhook_deliveries", "Deliveries that have not arrived.", webhooks.deliveries.items()),
        _by("state", "webhook_events", "Webhook events that are still to be routed.", webhooks.events.items()),
        _by("state", "memory_indexes", "Indexes over vectors.", indexes.items()),
        _by("state", "breakers", "Circuits that are not closed.", troubled_circuits().items()),
        _by("hold", "breakers_held", "Words of people over circuits.", held.items()),
    ]


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", documentation, value=value)


def _by(label: str, name: str, documentation: str, numbers: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}{name}", documentation, labels=[label])
    for value, number in numbers:
        family.add_metric([value], number)
    return family
