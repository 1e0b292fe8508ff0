"""How the states of webhooks are shown, in lists and on detail pages."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, WARN, badge, duration, mono, subtle
from integrations.admin.cells import initials
from webhooks.models import WebhookEvent, WebhookSource
from webhooks.models.event import EventStatus, Routing
from webhooks.models.queued import Cause, Queued, QueueStatus
from webhooks.models.source import SourceState
from webhooks.signatures.shelf import scheme_named

_EVENTS = {
    EventStatus.ACCEPTED: GOOD,
    EventStatus.DUPLICATE: MUTE,
    EventStatus.REJECTED: BAD,
    EventStatus.CHALLENGE: INFO,
}
_ROUTINGS = {Routing.WAITING: INFO, Routing.HELD: WARN, Routing.ROUTED: GOOD, Routing.UNROUTED: MUTE}
_QUEUED = {
    QueueStatus.WAITING: INFO,
    QueueStatus.RUNNING: INFO,
    QueueStatus.SUCCEEDED: GOOD,
    QueueStatus.DEAD: BAD,
    QueueStatus.CANCELLED: MUTE,
}
_SOURCES = {SourceState.PAUSED: WARN, SourceState.DISABLED: MUTE}
_HUES = 12
CAUSES = {
    Cause.SENDER: "the sender's",
    Cause.OURS: "ours",
    Cause.TOOL: "the tool's",
    Cause.POLICY: "a rule's",
    Cause.RECEIVER: "the receiver's",
}
"""Whose matter a dead letter is, as a list says it."""


def event_badge(event: WebhookEvent) -> SafeString:
    status = EventStatus(event.status)
    shown = badge(str(status.label), _EVENTS[status])
    if event.count == 1:
        return shown
    return format_html('{} <span class="qm-subtle">&times; {}</span>', shown, f"{event.count:,}")


def routing_badge(event: WebhookEvent) -> SafeString:
    routing = Routing(event.routing)
    return NOTHING if routing is Routing.NONE else badge(str(routing.label), _ROUTINGS[routing])


def queued_badge(queued: Queued) -> SafeString:
    """One that waits after a failure is told from one that was never tried."""
    status = QueueStatus(queued.status)
    if status is QueueStatus.WAITING and queued.attempts:
        return badge("Retrying", WARN)
    return badge(str(status.label), _QUEUED[status])


def error_of(queued: Queued) -> SafeString:
    return mono(queued.code) if queued.code else NOTHING


def cause_of(queued: Queued) -> SafeString:
    return format_html("{}", CAUSES[Cause(queued.cause)].capitalize()) if queued.cause else NOTHING


def cause_choices() -> list[tuple[str, str]]:
    """Of runs: nobody receives those."""
    return [(cause.value, said.capitalize()) for cause, said in CAUSES.items() if cause is not Cause.RECEIVER]


def source_badge(source: WebhookSource) -> SafeString:
    """Removed beats its state."""
    if source.deleted_at is not None:
        return badge("Removed", MUTE)
    state = SourceState(source.state)
    return badge(str(state.label), _SOURCES[state]) if state in _SOURCES else subtle("Active")


def scheme_name(slug: str) -> str:
    scheme = scheme_named(slug)
    return scheme.name if scheme else slug


def scheme_monogram(slug: str) -> SafeString:
    """Providers' logos are theirs: initials on a colour of their own."""
    hue = sum(slug.encode()) % _HUES
    return format_html(
        '<span class="qm-monogram qm-hue-of-{}" aria-hidden="true">{}</span>', hue, initials(scheme_name(slug))
    )


def provider(slug: str) -> SafeString:
    return format_html('<span class="qm-service">{}{}</span>', scheme_monogram(slug), scheme_name(slug))


def took(queued: Queued) -> SafeString:
    """From when it was there to its end, pauses included."""
    if queued.finished_at is None:
        return NOTHING
    return duration(int((queued.finished_at - queued.created_at).total_seconds() * 1_000_000))


def link_to(model: str, pk: object, text: object) -> SafeString:
    """To an object's page: `link_to("webhooks_webhooksource", …)`."""
    return format_html('<a class="qm-link" href="{}">{}</a>', reverse(f"admin:{model}_change", args=[pk]), text)


def listed(values: Mapping[str, Any] | list[str]) -> str:
    return ", ".join(f"`{each}`" for each in values)
