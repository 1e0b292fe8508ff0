"""What an upper floor puts into the site: pages of its own, and parts of a lower floor's detail pages, such as the
executions of an agent, which are the registry's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act


@dataclass(frozen=True)
class RelatedLink:
    label: str
    icon: str
    url: Callable[[Any], str]


Panel = Callable[[HttpRequest, Any], SafeString]
"""A section of a detail page, drawn for its object; empty where there is nothing to show."""


@dataclass(frozen=True)
class MorePage:
    """One that belongs to no model."""

    route: str
    page: Callable[..., HttpResponse]
    name: str
    """It is `admin:<name>`."""


_pages: list[MorePage] = []
_acts: dict[type[Model], list[Act]] = {}
_panels: dict[type[Model], list[Panel]] = {}
_links: dict[type[Model], list[RelatedLink]] = {}


def offer_page(route: str, page: Callable[..., HttpResponse], *, name: str) -> None:
    """Put a page into the site, behind its door. Called once, when an app's admin module is imported."""
    _pages.append(MorePage(route, page, name))


def more_pages() -> list[MorePage]:
    return list(_pages)


def offer(model: type[Model], link: RelatedLink) -> None:
    """Show `link` on the detail page of each `model`. Called once, when an app's admin module is imported."""
    _links.setdefault(model, []).append(link)


def offer_panel(model: type[Model], panel: Panel) -> None:
    """The same for a section."""
    _panels.setdefault(model, []).append(panel)


def offer_act(model: type[Model], act: Act) -> None:
    """The same for something to do."""
    _acts.setdefault(model, []).append(act)


def acts_for(model: type[Model]) -> list[Act]:
    return list(_acts.get(model, []))


def panels_for(request: HttpRequest, subject: Model) -> list[SafeString]:
    return [panel(request, subject) for panel in _panels.get(type(subject), [])]


def links_for(subject: Model) -> list[tuple[RelatedLink, str]]:
    return [(link, link.url(subject)) for link in _links.get(type(subject), [])]
