"""What people do with routes in the browser. Each act calls a verb."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.enabling import Disable, Enable
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.ids import uuid_in
from accounts.models import Tenant
from webhooks.admin.route_forms import NewRouteForm, RouteForm, facts_in, facts_of
from webhooks.models import WebhookEvent, WebhookRoute
from webhooks.routes.change import change_route
from webhooks.routes.create import create_route
from webhooks.routes.remove import remove_route


def is_living(route: WebhookRoute) -> bool:
    return route.deleted_at is None


class NewRoute(Act):
    name, label, button, icon = "add", "New route", "Make the route", "add"
    done = "{subject} is made. It counts for events that come from now on."
    form_class = NewRouteForm

    def initial(self, request: HttpRequest, subject: None) -> dict[str, Any]:
        """From an event, or a source, that somebody came from."""
        asked = uuid_in(request.GET.get("event", ""))
        event = WebhookEvent.objects.select_related("source").filter(id=asked).first() if asked else None
        if event is None:
            return {"source": request.GET.get("source", "")}
        return {"source": event.source.slug, "event_types": [event.event_type] if event.event_type else []}

    def explain(self, subject: None) -> str:
        return "Everything that it names must fit an event; what is left empty fits every event."

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> WebhookRoute:
        caller, facts = caller_behind(request), facts_in(values)
        agent = facts.pop("agent")
        return create_route(tenant=Tenant.objects.get(id=caller.tenant_id), by=caller, facts=facts, agent=agent)


class EditRoute(Act):
    name, label, button, icon = "edit", "Edit", "Save", "edit"
    done = "{subject} is changed. That counts for what is routed from now on, and for what still waits."
    form_class = RouteForm

    def offered(self, subject: WebhookRoute) -> bool:
        return is_living(subject)

    def initial(self, request: HttpRequest, subject: WebhookRoute) -> dict[str, Any]:
        return facts_of(subject)

    def perform(self, request: HttpRequest, subject: WebhookRoute, values: dict[str, Any]) -> WebhookRoute:
        return change_route(route=subject, by=caller_behind(request), changes=facts_in(values))


class EnableRoute(Enable):
    def offered(self, subject: WebhookRoute) -> bool:
        return is_living(subject) and super().offered(subject)

    def explain(self, subject: WebhookRoute) -> str:
        return "Events take it again, and what waits on it goes on. What came while it was disabled did not take it."

    def set_enabled(self, request: HttpRequest, subject: WebhookRoute, enabled: bool) -> WebhookRoute:
        return change_route(route=subject, by=caller_behind(request), changes={"enabled": enabled})


class DisableRoute(Disable):
    def offered(self, subject: WebhookRoute) -> bool:
        return is_living(subject) and super().offered(subject)

    def explain(self, subject: WebhookRoute) -> str:
        return "No event takes it, and what waits on it waits. What comes in the meantime can be replayed later."

    def set_enabled(self, request: HttpRequest, subject: WebhookRoute, enabled: bool) -> WebhookRoute:
        return change_route(route=subject, by=caller_behind(request), changes={"enabled": enabled})


class RemoveRoute(Act):
    name, label, button, icon = "remove", "Remove", "Remove it for good", "delete"
    danger = True

    def offered(self, subject: WebhookRoute) -> bool:
        return is_living(subject)

    def explain(self, subject: WebhookRoute) -> str:
        return "No event takes it any more, and what waits on it is cancelled. To stop it for a while, disable it."

    def perform(self, request: HttpRequest, subject: WebhookRoute, values: dict[str, Any]) -> None:
        remove_route(route=subject, by=caller_behind(request))

    def answer(self, request: HttpRequest, pages: TenantPages, subject: WebhookRoute, result: None) -> HttpResponse:
        messages.success(request, f"{subject.name} is removed.")
        return redirect(pages.address("changelist"))
