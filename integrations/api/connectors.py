"""`connectors/`: wire only. What is known of their tools stands a floor higher, in `registry/api/connectors.py`."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_of, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import NotFound
from accounts.roles import Right
from integrations.format import shelf
from integrations.format.check import CATEGORIES
from integrations.format.types import Connector
from integrations.models import Connection

SOURCES = ("shipped", "operator", "openapi", "yaml")


class ConnectorSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    category = serializers.CharField()
    description = serializers.CharField()
    docs = serializers.CharField(help_text="The vendor's reference.")
    # DRF's fields have an attribute of this name; it takes declared fields out of the class first.
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=SOURCES, help_text="Where it comes from: with the product, this installation's, imported, written down."
    )
    actions = serializers.IntegerField(help_text="How many there are.")
    per_user = serializers.BooleanField(help_text="End users may connect accounts of their own.")
    connections = serializers.IntegerField(help_text="How many the tenant and its end users have.")


class ConnectorsQuery(PageQuery):
    search = serializers.CharField(max_length=200, required=False, help_text="Words of slug, name or description.")
    category = serializers.ChoiceField(choices=sorted(CATEGORIES), required=False)
    source = serializers.ChoiceField(choices=SOURCES, required=False)  # type: ignore[assignment]
    connected = serializers.BooleanField(required=False, help_text="Whether there is a connection with it.")


class ConnectorsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ConnectorsQuery}

    @extend_schema(responses=paged(ConnectorSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The services that can be connected, by name."""
        counts = connection_counts()
        found = list(_chosen(shelf.connectors(caller.tenant_id), self.query, counts))
        return page_of(found, lambda each: represent_connector(each, counts), request=request, query=self.query)


def connection_counts() -> dict[str, int]:
    """Living connections by connector, end users' included. Inside the tenant's scope."""
    living = Connection.objects.living().order_by().values("connector")
    return dict(living.annotate(number=Count("id")).values_list("connector", "number"))


def find_connector(slug: str, caller: Caller) -> Connector:
    """Inside the tenant's scope. Raises NotFound."""
    found = shelf.connector(slug, tenant_id=caller.tenant_id)
    if found is None:
        raise NotFound("There is no such connector. `GET /api/v1/connectors/` lists those that there are.")
    return found


def represent_connector(connector: Connector, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "slug": connector.slug,
        "name": connector.name,
        "category": connector.category,
        "description": connector.description,
        "docs": connector.docs_url,
        "source": connector.source,
        "actions": len(connector.actions),
        "per_user": connector.per_user,
        "connections": counts.get(connector.slug, 0),
    }


def _chosen(
    connectors: tuple[Connector, ...], query: Mapping[str, Any], counts: Mapping[str, int]
) -> Iterator[Connector]:
    words = query.get("search", "").lower().split()
    for each in connectors:
        text = f"{each.slug} {each.name} {each.description}".lower()
        same = all(
            query.get(name, value) == value for name, value in (("category", each.category), ("source", each.source))
        )
        is_connected = query.get("connected", each.slug in counts) == (each.slug in counts)
        if same and is_connected and all(word in text for word in words):
            yield each
