"""`connections/`: wire only."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from accounts.tenancy import within
from integrations.api.connection_fields import (
    ConnectionChangesSerializer,
    ConnectionSerializer,
    NewConnectionSerializer,
    NewCredentialSerializer,
    connections,
    find_connection,
    represent_connection,
)
from integrations.connections.change import change_connection
from integrations.connections.check import check_connection
from integrations.connections.connect import connect
from integrations.connections.disconnect import disconnect
from integrations.connections.rotate import rotate_credential, take_back
from integrations.format import shelf
from integrations.format.types import Connector
from integrations.models.connection import ConnectionState


class ConnectionsQuery(PageQuery):
    connector = serializers.CharField(max_length=64, required=False, help_text="Its slug.")
    state = serializers.ChoiceField(
        choices=ConnectionState.choices, required=False, help_text="Left out: all but those that are disconnected."
    )
    end_user = serializers.CharField(
        max_length=200, allow_blank=True, required=False, help_text="Whose; empty: the tenant's own."
    )


class ConnectionsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CREDENTIALS}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ConnectionsQuery}
    asks_outside = frozenset({"post"})

    @extend_schema(responses=paged(ConnectionSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's connections and those of its end users, newest first."""
        same = {name: self.query[name] for name in ("connector", "state", "end_user") if name in self.query}
        rows = connections().filter(**same)
        if "state" not in same:
            rows = rows.exclude(state=ConnectionState.DISCONNECTED)
        return page(rows, represent_connection, request=request, view=self)

    @extend_schema(request=NewConnectionSerializer, responses={201: ConnectionSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Connect a service with what is entered here. It is asked first; when it refuses, nothing is saved.

        Where one signs in at the vendor, begin with `connectors/{slug}/sign-in/`.
        """
        wanted = NewConnectionSerializer.read(request.data)
        connector = _connector_named(wanted.pop("connector"), caller)
        made = connect(tenant_id=caller.tenant_id, by=caller, connector=connector, **wanted)
        return shown(made.id, caller, status=201)


class ConnectionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {
        "get": Right.READ,
        "patch": Right.CREDENTIALS,
        "delete": Right.CREDENTIALS,
    }
    asks_outside = frozenset({"delete"})

    @extend_schema(responses=ConnectionSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One connection."""
        return Response(represent_connection(find_connection(slug)))

    @extend_schema(request=ConnectionChangesSerializer, responses=ConnectionSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Rename it, or make it the default of its connector."""
        changes = ConnectionChangesSerializer.read(request.data)
        found = find_connection(slug)
        change_connection(tenant_id=caller.tenant_id, by=caller, connection_id=found.id, changes=changes)
        return shown(found.id, caller)

    @extend_schema(responses={200: ConnectionSerializer})
    def delete(self, request: Request, caller: Caller, slug: str) -> Response:
        """Disconnect: its credential is destroyed. `reason` says whether the vendor revoked it, too."""
        found = _found(slug, caller)
        disconnect(tenant_id=caller.tenant_id, by=caller, connection_id=found)
        return shown(found, caller)


class CheckView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}
    asks_outside = frozenset({"post"})

    @extend_schema(request=NothingSerializer, responses=ConnectionSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Ask the service whether it still takes the credential; `state` and `reason` say what it answered."""
        NothingSerializer.read(request.data)
        found = _found(slug, caller)
        check_connection(tenant_id=caller.tenant_id, by=caller, connection_id=found)
        return shown(found, caller)


class RotateView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}
    asks_outside = frozenset({"post"})

    @extend_schema(request=NewCredentialSerializer, responses=ConnectionSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Put a new credential in the place of the old one, which can be taken back for the overlap."""
        wanted = NewCredentialSerializer.read(request.data)
        found = _found(slug, caller)
        rotate_credential(tenant_id=caller.tenant_id, by=caller, connection_id=found, **wanted)
        return shown(found, caller)


class TakeBackView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=ConnectionSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Make the credential from before the last rotation the current one again, and destroy the new one."""
        NothingSerializer.read(request.data)
        found = find_connection(slug)
        take_back(tenant_id=caller.tenant_id, by=caller, connection_id=found.id)
        return shown(found.id, caller)


def shown(connection_id: UUID, caller: Caller, *, status: int = 200) -> Response:
    """The connection as it is now."""
    with within(caller.tenant_id):
        return Response(represent_connection(connections().get(id=connection_id)), status=status)


def _found(slug: str, caller: Caller) -> UUID:
    """For a verb that opens scopes of its own."""
    with within(caller.tenant_id):
        return find_connection(slug).id


def _connector_named(slug: str, caller: Caller) -> Connector:
    with within(caller.tenant_id):
        found = shelf.connector(slug, tenant_id=caller.tenant_id)
    if found is None:
        raise Invalid(faults=[Fault("$.connector", "There is no connector with this slug.")])
    return found
