"""How webhooks are written on pages."""

from django import template
from django.utils.safestring import SafeString

from accounts.chrome.cells import duration
from webhooks.models import WebhookAttempt

register = template.Library()


@register.filter
def attempt_took(attempt: WebhookAttempt) -> SafeString:
    return duration(int((attempt.finished_at - attempt.started_at).total_seconds() * 1_000_000))
