"""`connectors/{slug}/`: wire only. It stands here because it tells of a connector's tools, too."""

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_of, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from integrations.api.connectors import ConnectorSerializer, connection_counts, find_connector, represent_connector
from integrations.format.types import Action, AuthType, AuthWay, Connector, Grant, Variable
from registry.installing.facts import tokens_of_tool, tool_slug
from registry.installing.installed import tools_by_action
from registry.remove_connector import remove_connector


class VariableSerializer(serializers.Serializer[Any]):
    """A part of the address that each connection has for itself."""

    name = serializers.CharField()
    title = serializers.CharField()
    pattern = serializers.CharField(help_text="A regular expression that the whole value matches.")
    description = serializers.CharField()
    example = serializers.CharField()
    default = serializers.CharField()
    kept = serializers.BooleanField(help_text="It comes with the token, and nobody enters it.")


class ScopeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    is_default = serializers.BooleanField(help_text="Asked for in any case.")


class AuthWaySerializer(serializers.Serializer[Any]):
    """One way to prove to the service who calls."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=[each.value for each in AuthType])
    title = serializers.CharField()
    help = serializers.CharField(help_text="Where a person finds what is entered.")
    fields = serializers.JSONField(  # type: ignore[assignment]
        help_text="JSON Schema of `values`; a property that is `writeOnly` is secret."
    )
    signs_in = serializers.BooleanField(help_text="A person signs in at the vendor; nothing is entered here.")
    scopes = ScopeSerializer(many=True)


class ConnectorDetailSerializer(ConnectorSerializer):
    base_url = serializers.CharField(help_text="Holds the variables in braces.")
    hosts = serializers.ListField(child=serializers.CharField(), help_text="Where else its credential may go.")
    variables = VariableSerializer(many=True)
    auth = AuthWaySerializer(many=True, help_text="In the order of preference.")
    has_check = serializers.BooleanField(help_text="Whether the service can be asked if it takes a credential.")
    rate_limit = serializers.JSONField(allow_null=True)
    retries = serializers.JSONField()
    pagination = serializers.JSONField()
    webhook = serializers.CharField(help_text="The scheme that its webhooks are signed with; empty: none is known.")


class ActionSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    input_schema = serializers.JSONField()
    output_schema = serializers.JSONField(allow_null=True)
    read_only = serializers.BooleanField()  # type: ignore[assignment]
    destructive = serializers.BooleanField()
    idempotent = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What its connection must be granted.")
    tags = serializers.ListField(child=serializers.CharField())
    tokens = serializers.IntegerField(help_text="What its tool takes of a model's context, by the estimate.")
    tools = serializers.ListField(child=serializers.CharField(), help_text="Slugs of the tools that it is already.")


class ActionsQuery(PageQuery):
    search = serializers.CharField(max_length=200, required=False, help_text="Words of slug, name or description.")
    read_only = serializers.BooleanField(required=False)  # type: ignore[assignment]
    installed = serializers.BooleanField(required=False, help_text="Whether it is a tool already.")


class ConnectorView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "delete": Right.CREDENTIALS}

    @extend_schema(responses=ConnectorDetailSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One connector: how it is connected, and what is to be entered. Its actions are below `actions/`."""
        return Response(represent_detail(find_connector(slug, caller)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, slug: str) -> Response:
        """Remove an imported connector. 409 while tools or connections of it are left."""
        remove_connector(by=caller, slug=slug)
        return Response(status=204)


class ActionsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ActionsQuery}

    @extend_schema(responses=paged(ActionSerializer))
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """What the connector offers, in its own order. `install/` makes tools of actions."""
        connector = find_connector(slug, caller)
        tools = tools_by_action(connector)
        found = [action for action in connector.actions if _is_asked_for(action, self.query, tools)]
        return page_of(
            found, lambda action: represent_action(connector, action, tools), request=request, query=self.query
        )


def represent_detail(connector: Connector) -> dict[str, Any]:
    return {
        **represent_connector(connector, connection_counts()),
        "base_url": connector.base_url,
        "hosts": list(connector.hosts),
        "variables": [_variable(each) for each in connector.variables],
        "auth": [_way(each) for each in connector.auth],
        "has_check": connector.check is not None,
        "rate_limit": connector.rate_limit,
        "retries": connector.retries,
        "pagination": connector.pagination,
        "webhook": connector.webhook,
    }


def represent_action(connector: Connector, action: Action, tools: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "slug": action.slug,
        "name": action.name,
        "description": action.description,
        "input_schema": action.input_schema,
        "output_schema": action.output_schema,
        "read_only": action.read_only,
        "destructive": action.destructive,
        "idempotent": action.idempotent,
        "scopes": list(action.scopes),
        "tags": list(action.tags),
        "tokens": tokens_of_tool(tool_slug(connector.slug, action.slug), action),
        "tools": tools.get(action.slug, []),
    }


def _is_asked_for(action: Action, query: Mapping[str, Any], tools: Mapping[str, list[str]]) -> bool:
    text = f"{action.slug} {action.name} {action.description}".lower()
    return (
        all(word in text for word in query.get("search", "").lower().split())
        and query.get("read_only", action.read_only) == action.read_only
        and query.get("installed", action.slug in tools) == (action.slug in tools)
    )


def _variable(variable: Variable) -> dict[str, Any]:
    names = ("name", "title", "pattern", "description", "example", "default", "kept")
    return {name: getattr(variable, name) for name in names}


def _way(way: AuthWay) -> dict[str, Any]:
    oauth = way.oauth
    defaults = oauth.default_scopes if oauth else ()
    return {
        "name": way.name,
        "type": way.type,
        "title": way.title,
        "help": way.help,
        "fields": way.fields,
        "signs_in": oauth is not None and oauth.grant is Grant.AUTHORIZATION_CODE,
        "scopes": [
            {"name": name, "description": words, "is_default": name in defaults}
            for name, words in (oauth.scopes if oauth else {}).items()
        ],
    }
