"""What the list of memories is narrowed by.

Kinds, tags and end users are words of the tenant's own, of which there may be any number: a menu offers those of the
newest memories, and whatever a link asked for.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.chrome.filters import MOST_CHOICES, ChoiceFilter, MenuFilter
from memory.models import Memory, Trust

LOOKED_AT = 500
"""The newest memories, of which the menus are made."""
_FOUND = "_memory_words"


@dataclass(frozen=True)
class Words:
    kind: list[str]
    tag: list[str]
    end_user: list[str]


def words_of(request: HttpRequest, rows: QuerySet[Memory]) -> Words:
    """The most frequent first; one query for all menus of a page."""
    found: Words | None = getattr(request, _FOUND, None)
    if found is None:
        newest = list(rows.order_by("-id").values_list("kind", "tags", "end_user")[:LOOKED_AT])
        found = Words(
            kind=_frequent(kind for kind, _, _ in newest),
            tag=_frequent(tag for _, tags, _ in newest for tag in tags),
            end_user=_frequent(end_user for _, _, end_user in newest if end_user),
        )
        setattr(request, _FOUND, found)
    return found


def _frequent(words: Iterable[str]) -> list[str]:
    return [word for word, _ in Counter(words).most_common(MOST_CHOICES)]


class OwnWordFilter(MenuFilter):
    """By one of the tenant's own words."""

    word: ClassVar[str]
    lookup: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known: list[str] = getattr(words_of(request, model_admin.get_queryset(request)), self.word)
        asked = request.GET.get(str(self.parameter_name), "")
        return [(word, word) for word in (known if not asked or asked in known else [*known, asked])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Memory]) -> QuerySet[Memory]:
        chosen = self.chosen()
        return queryset.filter(**{self.lookup: self.value_for(chosen)}) if chosen else queryset

    def value_for(self, chosen: str) -> Any:
        return chosen


class KindFilter(OwnWordFilter):
    title, parameter_name, word, lookup = "kind", "kind", "kind", "kind"


class TagFilter(OwnWordFilter):
    title, parameter_name, word, lookup = "tag", "tag", "tag", "tags__contains"

    def value_for(self, chosen: str) -> list[str]:
        return [chosen]


class EndUserFilter(OwnWordFilter):
    title, parameter_name, word, lookup = "end user", "end_user", "end_user", "end_user"


class TrustFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "trust", "trust", "trust", Trust


class ThereFilter(MenuFilter):
    """Which rows there are at all, the page's queryset decides."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("deleted", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Memory]) -> QuerySet[Memory]:
        return queryset


class BelowFilter(ThereFilter):
    """Of the address alone: the tree beside the list is its menu, and the page's queryset keeps to it."""

    title, parameter_name = "namespace", "namespace"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []


class BehindFilter(BelowFilter):
    """The same: from which namespace on the tree is shown."""

    title, parameter_name = "after", "after"
