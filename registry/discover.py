"""Finding tools by what they can do and how lately they were heard of."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from registry.catalogue import listed_tools
from registry.models.tool import ToolQuerySet


def discover(*, capabilities: Q | None = None, healthy_within: int | None = None) -> ToolQuerySet:
    """Tools that may be called and meet the condition; with `healthy_within`, those that are well and were heard of
    within so many seconds."""
    tools = listed_tools().switched_on()
    if capabilities is not None:
        tools = tools.filter(capabilities)
    if healthy_within is not None:
        now = timezone.now()
        tools = tools.healthy(now).heard_since(now - timedelta(seconds=healthy_within))
    return tools
