"""Template tags of the admin site's chrome."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.db.models import Model
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from accounts.chrome.cells import ago, duration, moment, readable_bytes
from accounts.chrome.listing import headers, leaf, rows
from accounts.chrome.pretty import LONGEST, pretty_json
from accounts.chrome.pretty import ticked as with_code

register = template.Library()


@dataclass(frozen=True)
class Crumb:
    title: str
    link: str = ""
    """Empty for the page one is on."""


@register.simple_tag(takes_context=True)
def breadcrumbs(context: template.RequestContext) -> list[Crumb]:
    """Where one is: the list, the object, and what is being done to it."""
    opts = context.get("opts")
    home = Crumb("Dashboard", reverse("admin:index"))
    if "crumbs" in context:
        return [home, *(Crumb(str(title), link) for title, link in context["crumbs"])]
    if opts is None:
        title = str(context.get("title") or "")
        return [Crumb(title)] if context.get("index") else [home, Crumb(title)]
    called = context["pages"].called if "pages" in context else opts.verbose_name_plural
    found = [home, Crumb(capfirst(str(called)), _address(opts, "changelist"))]
    shown = context.get("original")
    if isinstance(shown, Model):
        found.append(Crumb(str(context.get("name") or shown), _address(opts, "change", shown.pk)))
    if context.get("crumb"):
        found.append(Crumb(str(context["crumb"])))
    return [*found[:-1], Crumb(found[-1].title)]


def _address(opts: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


@register.simple_tag(takes_context=True)
def table(context: template.RequestContext, cl: Any) -> dict[str, Any]:
    """A list's headers, rows and where one is among its pages."""
    drawn = rows(cl, context.request)
    return {"headers": headers(cl), "rows": drawn, "has_acts": any(row.acts for row in drawn), "leaf": leaf(cl)}


@register.filter
def filter_choices(spec: Any, cl: Any) -> list[dict[str, Any]]:
    return list(spec.choices(cl))


@register.filter
def pretty(value: Any, longest: int = LONGEST) -> SafeString:
    return pretty_json(value, longest)


@register.filter(name="ago")
def ago_filter(at: datetime | None) -> SafeString:
    return ago(at)


@register.filter(name="moment")
def moment_filter(at: datetime | None) -> SafeString:
    return moment(at)


@register.filter(name="bytes")
def bytes_filter(size: int) -> str:
    return readable_bytes(size)


@register.filter(name="duration")
def duration_filter(microseconds: int | None) -> SafeString:
    return duration(microseconds)


@register.filter
def ticked(text: Any) -> SafeString:
    return with_code(text)
