"""What lists can be narrowed by. A value that is not among the choices narrows nothing."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

MOST_CHOICES = 50


class MenuFilter(SimpleListFilter):
    """A menu over the list."""

    template = "admin/filter.html"

    def chosen(self) -> str | None:
        value = self.value()
        return value if value in {str(key) for key, _ in self.lookup_choices} else None

    @property
    def chosen_label(self) -> str:
        return next((str(label) for key, label in self.lookup_choices if str(key) == self.chosen()), "")


class ChoiceFilter(MenuFilter):
    """By a field that has choices."""

    field: ClassVar[str]
    choice_set: ClassVar[type[models.TextChoices]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(each.value, str(each.label)) for each in self.choice_set]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return queryset.filter(**{self.field: chosen}) if chosen else queryset


class WordFilter(MenuFilter):
    """By a free word: the choices are those that the tenant's rows have."""

    field: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found: Iterable[str] = (
            model_admin.get_queryset(request)
            .exclude(**{self.field: ""})
            .order_by(self.field)
            .values_list(self.field, flat=True)
            .distinct()[:MOST_CHOICES]
        )
        return [(word, word) for word in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return queryset.filter(**{self.field: chosen}) if chosen else queryset


class YesNoFilter(MenuFilter):
    """By a boolean field, in words of its own."""

    field: ClassVar[str]
    yes: ClassVar[str] = "Yes"
    no: ClassVar[str] = "No"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", self.yes), ("no", self.no)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return queryset.filter(**{self.field: chosen == "yes"}) if chosen else queryset
