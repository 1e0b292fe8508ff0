"""Connections: a tenant's and its end users' accounts with outside services, and which tools and agents use them."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.cells import GOOD, NOTHING, ago, badge, two_lines
from accounts.chrome.filters import MenuFilter, WordFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from integrations.admin.cells import monogram, owner, state_badge
from integrations.admin.connection_acts import (
    CheckConnection,
    EditConnection,
    ReconnectConnection,
    RotateCredential,
    TakeBack,
    is_living,
)
from integrations.format import shelf
from integrations.models import Connection, Credential
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState
from registry.admin.cells import error_code, microseconds, status_badge
from registry.admin.disconnecting import DisconnectNamingTools
from registry.models import Execution
from registry.uses import uses_of

SHOWN_EXECUTIONS = 8


class ConnectorFilter(WordFilter):
    title, parameter_name, field = "connector", "connector", "connector"


class StateFilter(MenuFilter):
    """What is disconnected is listed only when one asks for it."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = {ConnectionState.PENDING: "Not finished"}
        return [(each.value, names.get(each, str(each.label))) for each in ConnectionState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        chosen = self.chosen()
        return queryset.filter(state=chosen) if chosen else queryset.exclude(state=ConnectionState.DISCONNECTED)


class OwnerFilter(MenuFilter):
    title, parameter_name = "whose", "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("tenant", "The tenant's"), ("end_users", "End users'")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> QuerySet[Connection]:
        of_tenant = Q(end_user="")
        chosen = self.chosen()
        return queryset.filter(of_tenant if chosen == "tenant" else ~of_tenant) if chosen else queryset


@admin.register(Connection)
class ConnectionPages(TenantPages):
    list_display = ("connection", "service", "account_name", "whose", "state_shown", "last_used", "last_checked")
    filters = (ConnectorFilter, StateFilter, OwnerFilter)
    search_fields = ("slug", "name", "account", "end_user", "connector")
    search_help_text = "Search name, slug, account, end user"
    ordering = ("connector", "slug")
    change_list_template = "admin/registry/connection_list.html"
    detail_template = "admin/registry/connection.html"
    empty = Empty(
        "Nothing is connected yet",
        "A connection is an account with an outside service that tools may use. Choose a service, and connect it "
        "with a key or by signing in there.",
        "admin/registry/no_connections.html",
    )
    edit_act = EditConnection()
    acts = (CheckConnection(), ReconnectConnection(), RotateCredential(), TakeBack(), DisconnectNamingTools())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        used = Execution.objects.filter(connection_id=OuterRef("pk")).order_by("-id")
        rows: QuerySet[Connection] = super().get_queryset(request)
        return rows.annotate(used_at=Subquery(used.values("started_at")[:1]))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With each row's connector, so that no row asks for it."""
        cl = super().get_changelist_instance(request)
        known = {each.slug: each for each in shelf.connectors(caller_behind(request).tenant_id)}
        for row in cl.result_list:
            row.known_connector = known.get(row.connector)
        return cl

    def name_of(self, subject: Connection) -> str:
        return subject.name

    @admin.display(ordering="name")
    def connection(self, connection: Connection) -> str:
        return two_lines(connection.name, connection.slug)

    @admin.display(description="Service", ordering="connector")
    def service(self, connection: Connection) -> SafeString:
        connector = connection.known_connector  # type: ignore[attr-defined]
        if connector is None:
            return format_html("{}", connection.connector)
        return format_html('<span class="qm-service">{}{}</span>', monogram(connector), connector.name)

    @admin.display(description="Account", ordering="account")
    def account_name(self, connection: Connection) -> SafeString | str:
        return connection.account or NOTHING

    @admin.display(description="Whose", ordering="end_user")
    def whose(self, connection: Connection) -> SafeString:
        return owner(connection)

    @admin.display(description="State", ordering="state")
    def state_shown(self, connection: Connection) -> SafeString:
        return state_badge(connection)

    @admin.display(description="Last used", ordering="used_at")
    def last_used(self, connection: Connection) -> SafeString:
        return ago(connection.used_at)  # type: ignore[attr-defined]

    @admin.display(description="Last checked", ordering="checked_at")
    def last_checked(self, connection: Connection) -> SafeString:
        return ago(connection.checked_at)

    def detail(self, request: HttpRequest, subject: Connection) -> dict[str, Any]:
        connector = shelf.connector(subject.connector, tenant_id=caller_behind(request).tenant_id)
        way = connector.way(subject.auth) if connector else None
        executions = Execution.objects.filter(connection_id=subject.pk).select_related("agent", "tool")
        recent = executions.defer("input", "output", "sealed_input", "sealed_output", "request_digest")
        return {
            "state": state_badge(subject),
            "default": badge("Default", GOOD, dot=False) if subject.is_default else "",
            "connector": connector,
            "monogram": monogram(connector) if connector else "",
            "way": way,
            "whose": owner(subject),
            "scopes": _scopes(subject, connector),
            "credential": _credential(subject, CredentialState.CURRENT),
            "previous": _credential(subject, CredentialState.PREVIOUS),
            "may_reconnect": is_living(subject) and self.may_change(request, subject),
            "uses": uses_of(subject),
            "executions": [
                {"it": each, "status": status_badge(each), "took": microseconds(each), "code": error_code(each)}
                for each in recent[:SHOWN_EXECUTIONS]
            ],
            "executions_url": f"{reverse('admin:registry_execution_changelist')}?connection={subject.pk}",
        }


def _scopes(connection: Connection, connector: Any) -> list[tuple[str, str]]:
    """What was granted, each in the connector's words."""
    way = connector.way(connection.auth) if connector else None
    words = way.oauth.scopes if way and way.oauth else {}
    return [(scope, words.get(scope, "")) for scope in connection.scopes]


def _credential(connection: Connection, state: CredentialState) -> Credential | None:
    found = Credential.objects.filter(connection=connection, state=state).defer("secret", "token")
    if state is CredentialState.PREVIOUS:
        found = found.filter(valid_until__gt=timezone.now())
    return found.first()
