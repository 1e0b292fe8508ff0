"""`webhook-routes/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_of, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.models import Tenant
from accounts.models.tenant import slug_validator
from accounts.roles import Right
from webhooks.api.fields import AnyField
from webhooks.models import WebhookRoute
from webhooks.models.route import Target
from webhooks.routes.change import change_route
from webhooks.routes.check import MOST_TYPES
from webhooks.routes.create import create_route
from webhooks.routes.find import find_route
from webhooks.routes.remove import remove_route
from webhooks.routing.conditions import MOST_CONDITIONS


class RouteChangesSerializer(StrictSerializer):
    """All that a route names must match; an empty list names nothing."""

    name = serializers.CharField(max_length=200, required=False)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=64, required=False, allow_null=True, help_text="A source's slug; null: any."
    )
    event_types = serializers.ListField(
        child=serializers.CharField(),
        max_length=MOST_TYPES,
        required=False,
        help_text="`*` stands for any letters, `?` for one: `invoice.*`.",
    )
    conditions = serializers.ListField(
        child=AnyField(),
        max_length=MOST_CONDITIONS,
        required=False,
        help_text='On the event, e.g. `{"path": "$.body.amount", "op": "gt", "value": 1000}`.',
    )
    order = serializers.IntegerField(required=False, help_text="The lowest is looked at first; 100 if left out.")
    goes_on = serializers.BooleanField(
        required=False, help_text="Whether routes behind this one are looked at, too, when it matches."
    )
    target = serializers.ChoiceField(choices=Target.choices, required=False)
    agent = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        help_text="As whom the tool is called, or who fetches the events; null: an agent made for the route.",
    )
    tool = serializers.CharField(max_length=64, required=False, allow_blank=True, help_text="The tool's slug.")
    version = serializers.CharField(max_length=64, required=False, allow_blank=True, help_text="A semver range.")
    operation = serializers.CharField(max_length=100, required=False, allow_blank=True)
    end_user = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="JMESPath: for whom the tool is called."
    )
    input = AnyField(
        required=False,
        allow_null=True,
        help_text='A template, e.g. `{"text": "{{ body.user.name }} has paid"}`; null: the body itself.',
    )
    ordered_by = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="JMESPath: events for which it finds the same are handled one after the other.",
    )
    schedule = AnyField(
        required=False, allow_null=True, help_text="Seconds before each attempt; null: ten within 75 hours."
    )
    concurrency = serializers.IntegerField(required=False, help_text="How many run at the same time; 5 if left out.")
    timeout_ms = serializers.IntegerField(required=False, allow_null=True)
    enabled = serializers.BooleanField(required=False)


class NewRouteSerializer(RouteChangesSerializer):
    slug = serializers.CharField(max_length=64, validators=[slug_validator])


class WebhookRouteSerializer(NewRouteSerializer):
    """A route, as it is shown."""

    id = serializers.UUIDField()
    rests_until = serializers.DateTimeField(
        allow_null=True,
        help_text="The circuit of its tool was open: until then none of its runs begins, then one at a time until one "
        "succeeds. Null: it works.",
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RouteQuery(PageQuery):
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=64, required=False, help_text="A source's slug: those that are for it, not those for any."
    )
    tool = serializers.CharField(max_length=64, required=False)
    agent = serializers.CharField(max_length=64, required=False, help_text="An agent's slug.")
    target = serializers.ChoiceField(choices=Target.choices, required=False)
    enabled = serializers.BooleanField(required=False)


_FIELDS = {name: name for name in ("tool", "target", "enabled")} | {"source": "source__slug", "agent": "agent__slug"}


class RoutesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CATALOGUE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": RouteQuery}

    @extend_schema(responses=paged(WebhookRouteSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's routes, in the order in which they are looked at."""
        same = {column: self.query[name] for name, column in _FIELDS.items() if name in self.query}
        routes = list(WebhookRoute.objects.living().filter(**same).select_related("source", "agent"))
        return page_of(routes, represent_route, request=request, query=self.query)

    @extend_schema(request=NewRouteSerializer, responses={201: WebhookRouteSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Make a route. It counts for events that are routed from now on."""
        facts = NewRouteSerializer.read(request.data)
        agent = facts.pop("agent", None)
        tenant = Tenant.objects.get(id=caller.tenant_id)
        return Response(represent_route(create_route(tenant=tenant, by=caller, facts=facts, agent=agent)), status=201)


class RouteView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CATALOGUE, "delete": Right.CATALOGUE}

    @extend_schema(responses=WebhookRouteSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One route."""
        return Response(represent_route(find_route(slug)))

    @extend_schema(request=RouteChangesSerializer, responses=WebhookRouteSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Change a route. Of one that is disabled nothing is taken, and what waits on it waits."""
        changes = RouteChangesSerializer.read(request.data)
        return Response(represent_route(change_route(route=find_route(slug), by=caller, changes=changes)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, slug: str) -> Response:
        """Remove a route, and cancel what waits on it."""
        remove_route(route=find_route(slug), by=caller)
        return Response(status=204)


_SHOWN = (
    *("id", "slug", "name", "event_types", "conditions", "order", "goes_on", "target", "tool", "version", "operation"),
    *("end_user", "input", "ordered_by", "schedule", "concurrency", "timeout_ms", "enabled"),
    *("rests_until", "created_at", "updated_at"),
)


def represent_route(route: WebhookRoute) -> dict[str, Any]:
    shown = {name: getattr(route, name) for name in _SHOWN}
    return {**shown, "source": route.source.slug if route.source else None, "agent": route.agent.slug}
