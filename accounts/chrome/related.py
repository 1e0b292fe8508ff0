"""Links that an upper floor puts on a lower floor's detail pages: the executions of an agent are the registry's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model


@dataclass(frozen=True)
class RelatedLink:
    label: str
    icon: str
    url: Callable[[Any], str]


_links: dict[type[Model], list[RelatedLink]] = {}


def offer(model: type[Model], link: RelatedLink) -> None:
    """Show `link` on the detail page of each `model`. Called once, when an app's admin module is imported."""
    _links.setdefault(model, []).append(link)


def links_for(subject: Model) -> list[tuple[RelatedLink, str]]:
    return [(link, link.url(subject)) for link in _links.get(type(subject), [])]
