"""What lists of webhooks are narrowed by."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.chrome.filters import MOST_CHOICES, ChoiceFilter, MenuFilter
from accounts.ids import first_id_at, uuid_in
from webhooks.counters import WINDOWS
from webhooks.models import WebhookRoute, WebhookSource, WebhookSubscription


class SpanFilter(MenuFilter):
    """By when it was made: ids sort by time."""

    title, parameter_name = "time", "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(window.name, window.title) for window in WINDOWS.values()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        if not chosen:
            return queryset
        window = WINDOWS[chosen]
        return queryset.filter(id__gte=first_id_at(timezone.now() - window.step * window.steps))


class OwnerFilter(MenuFilter):
    """By one of the tenant's: the first few by slug, and the one that a link asked for."""

    owners: ClassVar[type[models.Model]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = self.owners._default_manager.order_by("slug").values_list("pk", "slug")
        found = dict(rows.filter(deleted_at=None)[:MOST_CHOICES])
        asked = uuid_in(request.GET.get(str(self.parameter_name), ""))
        if asked is not None and asked not in found:
            found |= dict(rows.filter(pk=asked))
        return [(str(pk), slug) for pk, slug in found.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return queryset.filter(**{f"{self.parameter_name}_id": chosen}) if chosen else queryset


class SourceFilter(OwnerFilter):
    title, parameter_name, owners = "source", "source", WebhookSource


class RouteFilter(OwnerFilter):
    title, parameter_name, owners = "route", "route", WebhookRoute


class SubscriptionFilter(OwnerFilter):
    title, parameter_name, owners = "subscription", "subscription", WebhookSubscription


class DefaultedFilter(ChoiceFilter):
    """By a field that is narrowed to one value unless the address says `all`."""

    default: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All"), *super().lookups(request, model_admin)]

    def chosen(self) -> str:
        return super().chosen() or self.default

    def choices(self, changelist: Any) -> Any:
        """Without the usual `All`, which would come back to the default."""
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == self.chosen(), "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.chosen()
        return queryset if chosen == "all" else queryset.filter(**{self.field: chosen})
