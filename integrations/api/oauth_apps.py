"""`oauth-apps/`: wire only. A client secret goes in and never comes out."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import NotFound
from accounts.roles import Right
from integrations.api.addresses import absolute
from integrations.api.connectors import find_connector
from integrations.connections.oauth.app import LONGEST_ID, LONGEST_SECRET, register_app, remove_app
from integrations.connections.oauth.cookie import CALLBACK
from integrations.models import OAuthApp


class OAuthAppSerializer(serializers.Serializer[Any]):
    connector = serializers.CharField()
    client_id = serializers.CharField()
    redirect_uri = serializers.CharField(help_text="What the app at the vendor has to allow.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NewAppSerializer(StrictSerializer):
    client_id = serializers.CharField(max_length=LONGEST_ID, trim_whitespace=False)
    client_secret = serializers.CharField(
        max_length=LONGEST_SECRET,
        trim_whitespace=False,
        allow_blank=True,
        write_only=True,
        help_text="Sealed, and never shown again. Empty only where the vendor gives none.",
    )


class OAuthAppsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(OAuthAppSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The apps that the tenant registered with vendors, newest first, without their secrets."""
        rows = OAuthApp.objects.defer("client_secret")
        return page(rows, lambda app: represent_app(app, request), request=request, view=self)


class OAuthAppView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "put": Right.CREDENTIALS, "delete": Right.CREDENTIALS}

    @extend_schema(responses=OAuthAppSerializer)
    def get(self, request: Request, caller: Caller, connector: str) -> Response:
        """The app at one vendor, without its secret."""
        app = OAuthApp.objects.defer("client_secret").filter(connector=connector).first()
        if app is None:
            raise _missing(connector)
        return Response(represent_app(app, request))

    @extend_schema(request=NewAppSerializer, responses=OAuthAppSerializer)
    def put(self, request: Request, caller: Caller, connector: str) -> Response:
        """Register the app with which people sign in at this vendor, or put another one in its place."""
        wanted = NewAppSerializer.read(request.data)
        found = find_connector(connector, caller)
        return Response(
            represent_app(register_app(tenant_id=caller.tenant_id, by=caller, connector=found, **wanted), request)
        )

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, connector: str) -> Response:
        """Forget the app. Connections made with it work until their tokens expire."""
        if not remove_app(tenant_id=caller.tenant_id, by=caller, connector=find_connector(connector, caller)):
            raise _missing(connector)
        return Response(status=204)


def represent_app(app: OAuthApp, request: Request) -> dict[str, Any]:
    return {
        "connector": app.connector,
        "client_id": app.client_id,
        "redirect_uri": absolute(request, CALLBACK),
        "created_at": app.created_at,
        "updated_at": app.updated_at,
    }


def _missing(connector: str) -> NotFound:
    return NotFound(f"No app is registered for `{connector[:64]}`. `PUT` one here.")
