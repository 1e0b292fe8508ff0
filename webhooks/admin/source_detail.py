"""The page of one source: what to enter at its service, what came of it, its secrets."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.chrome.pages import caller_behind
from accounts.roles import Right
from integrations.pages import public_address
from webhooks.admin.cells import event_badge, scheme_monogram, source_badge
from webhooks.admin.charts import events_chart
from webhooks.admin.providers import how_it_signs
from webhooks.admin.source_secrets import may_be_shown, secret_state
from webhooks.counters import DAY, event_counts
from webhooks.models import WebhookEvent, WebhookRoute, WebhookSecret, WebhookSource
from webhooks.models.source import SourceState
from webhooks.signatures.shelf import scheme_named
from webhooks.sources.address import path_of, token_of
from webhooks.sources.secrets import active_secrets

SHOWN_EVENTS = 8
SHOWN_ROUTES = 20


def detail_of(request: HttpRequest, source: WebhookSource) -> dict[str, Any]:
    now, caller, scheme = timezone.now(), caller_behind(request), scheme_named(source.scheme)
    url = address_of(request, source) if caller.may(Right.CREDENTIALS) and source.deleted_at is None else ""
    series = event_counts(caller.tenant_id, [source.id], DAY, now)[source.id]
    events = WebhookEvent.objects.filter(source=source).order_by("-id")
    routes = WebhookRoute.objects.living().filter(Q(source=source) | Q(source=None))
    secrets = list(active_secrets(source))
    return {
        "state": source_badge(source) if source.deleted_at or source.state != SourceState.ACTIVE else "",
        "monogram": scheme_monogram(source.scheme),
        "scheme": scheme,
        "signs": how_it_signs(scheme) if scheme else "",
        "url": url,
        "steps": [step.replace("{url}", "the address above" if url else "its address") for step in scheme.setup]
        if scheme
        else [],
        "came": series.total,
        "is_whole": series.is_whole,
        "chart": events_chart(series, DAY, now),
        "secrets": [(secret, secret_state(secret)) for secret in secrets],
        "lacks_secret": _lacks_secret(source, secrets),
        "may_be_shown": may_be_shown(source),
        "settings": _settings(source),
        "events": [
            (each, event_badge(each)) for each in events.defer("payload", "matches", "sealed_body")[:SHOWN_EVENTS]
        ],
        "routes": routes[:SHOWN_ROUTES],
    }


def address_of(request: HttpRequest, source: WebhookSource) -> str:
    """Exactly what is entered at the service."""
    return source.public_url or public_address(request, path_of(token_of(source)))


def _lacks_secret(source: WebhookSource, secrets: list[WebhookSecret]) -> bool:
    """Whether everything is refused, because there is nothing to check it with."""
    scheme = scheme_named(source.scheme)
    return scheme is not None and scheme.secret is not None and not source.unsigned and not secrets


def _settings(source: WebhookSource) -> list[tuple[str, str]]:
    """Each with its title; those that nobody may read again are named."""
    scheme = scheme_named(source.scheme)
    if scheme is None:
        return list(source.settings.items())
    return [
        (setting.title, "sealed" if setting.secret else source.settings.get(setting.name, setting.default))
        for setting in scheme.settings
        if setting.secret or source.settings.get(setting.name, setting.default)
    ]
