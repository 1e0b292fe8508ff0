"""Signing in at a vendor, begun over REST and done by a person in a browser: `sign-in/`, `reconnect/`, connect links.

A sign-in is bound to its person and to their browser, so it cannot begin here: what is answered is the address of the
page where it does. An end user, who has no account with us, gets a link that holds all that is needed.
"""

from typing import Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import NothingSerializer, StrictSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import Conflict, Fault, Invalid
from accounts.roles import Right
from integrations.api.addresses import absolute
from integrations.api.connection_fields import entered_texts, find_connection
from integrations.api.connectors import find_connector
from integrations.connections.entered import way_of
from integrations.connections.holding import client_for, connector_of
from integrations.connections.links import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS, make_link
from integrations.format.types import AuthWay, Connector, Grant

MOST_SCOPES = 100


class SignInSerializer(StrictSerializer):
    auth = serializers.CharField(max_length=64, help_text="One of the connector's ways, at which one signs in.")


class ToOpenSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="A person with the right to credentials opens it, signed in here.")


class NewLinkSerializer(StrictSerializer):
    connector = serializers.CharField(max_length=64, help_text="Its slug; one with `per_user`.")
    auth = serializers.CharField(max_length=64, help_text="One of the connector's ways.")
    end_user = serializers.CharField(max_length=200, help_text="Your name for the end user.")
    variables = entered_texts(help_text="Parts of its address, such as a subdomain.")
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=500),
        max_length=MOST_SCOPES,
        default=list,
        help_text="What is asked for besides the default ones.",
    )
    return_to = serializers.CharField(
        max_length=2000, default="", help_text="Where the end user goes on, as an address; left out: a page here."
    )
    seconds = serializers.IntegerField(
        min_value=SHORTEST_SECONDS, max_value=LONGEST_SECONDS, default=USUAL_SECONDS, help_text="How long it is good."
    )


class LinkSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField(help_text="For the end user alone. Shown this once; good once, in one browser.")
    connector = serializers.CharField()
    auth = serializers.CharField()
    end_user = serializers.CharField()
    expires_at = serializers.DateTimeField()


class SignInView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=SignInSerializer, responses=ToOpenSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Where a person connects this service by signing in at its vendor."""
        connector = find_connector(slug, caller)
        way = way_of(connector, SignInSerializer.read(request.data)["auth"])
        _refuse_unready(connector, way)
        return Response({"url": absolute(request, reverse("admin:connect_way", args=[connector.slug, way.name]))})


class ReconnectView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=ToOpenSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Where a person signs in at the vendor once more. The connection keeps its id, its slug and its tools.

        One whose credential is entered is given a new one with `rotate/`.
        """
        NothingSerializer.read(request.data)
        connection = find_connection(slug)
        _refuse_unready(*connector_of(connection))
        page = reverse("admin:integrations_connection_reconnect", args=[connection.id])
        return Response({"url": absolute(request, page)})


class ConnectLinksView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NewLinkSerializer, responses={201: LinkSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """A link with which one end user connects an account of their own. It is shown this once."""
        wanted = NewLinkSerializer.read(request.data)
        connector = find_connector(wanted.pop("connector"), caller)
        made = make_link(tenant_id=caller.tenant_id, by=caller, connector=connector, **wanted)
        link = made.link
        answer = {
            "id": link.id,
            "url": absolute(request, reverse("connect", args=[made.token])),
            "connector": link.connector,
            "auth": link.auth,
            "end_user": link.end_user,
            "expires_at": link.expires_at,
        }
        return Response(answer, status=201, headers={"Cache-Control": "no-store"})


def _refuse_unready(connector: Connector, way: AuthWay) -> None:
    """Raise Invalid where nobody signs in, Conflict where nobody can yet."""
    if way.oauth is None or way.oauth.grant is not Grant.AUTHORIZATION_CODE:
        sentence = f"“{way.title}” is entered: `POST /api/v1/connections/` takes its values, `rotate/` new ones."
        raise Invalid(f"Nobody signs in at {connector.name} this way.", faults=[Fault("$.auth", sentence)])
    if client_for(connector, way) is None:
        raise Conflict(
            f"Nobody can be sent to {connector.name} yet: register an app there, and give its client id and secret to "
            f"`PUT /api/v1/oauth-apps/{connector.slug}/`."
        )
