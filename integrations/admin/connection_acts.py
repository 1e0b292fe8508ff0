"""What people do with connections in the browser. Each act calls a verb; those that ask a vendor say so."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from accounts.tenancy import within
from integrations.connections.change import change_connection
from integrations.connections.check import check_connection
from integrations.connections.disconnect import disconnect
from integrations.connections.holding import connector_of
from integrations.connections.oauth import cookie
from integrations.connections.oauth.start import Started, begin_again
from integrations.connections.rotate import rotate_credential, take_back
from integrations.entering import VALUES, EntryForm, browser_way, group_of, scope_field, value_fields
from integrations.format import shelf
from integrations.format.types import AuthType, AuthWay
from integrations.models import Connection
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState
from integrations.pages import callback_address

_OVERLAPS = ((86_400, "One day"), (3_600, "One hour"), (7 * 86_400, "Seven days"), (0, "Not at all"))


def is_living(connection: Connection) -> bool:
    return connection.state != ConnectionState.DISCONNECTED


class CheckConnection(Act):
    name, label, icon = "check", "Check now", "network_check"
    asks_outside = True

    def offered(self, subject: Connection) -> bool:
        return subject.state in (ConnectionState.ACTIVE, ConnectionState.EXPIRED)

    def explain(self, subject: Connection) -> str:
        return "The service is asked whether it still takes the credential, and whose account it is."

    def perform(self, request: HttpRequest, subject: Connection, values: dict[str, Any]) -> Connection:
        caller = caller_behind(request)
        return check_connection(tenant_id=caller.tenant_id, by=caller, connection_id=subject.id)

    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: Connection) -> HttpResponse:
        if result.state == ConnectionState.ACTIVE:
            messages.success(request, f"The service takes it{f': {result.account}' if result.account else ''}.")
        else:
            messages.error(request, "The service takes it no more. Reconnect it.")
        return redirect(pages.address("change", result.pk))


class ReconnectConnection(Act):
    """At the vendor, or with what is entered anew. It keeps its id and slug, so that its tools go on."""

    name, label, icon = "reconnect", "Reconnect", "sync"
    done = "{subject} is connected again."
    asks_outside = True

    def offered(self, subject: Connection) -> bool:
        return is_living(subject)

    def explain(self, subject: Connection) -> str:
        connector, way = connector_of(subject)
        if browser_way(way):
            return f"You sign in at {connector.name} again and come back. Until then it stays as it is."
        return f"Enter anew what proves who you are. {way.help} {connector.name} is asked first."

    def form(self, request: HttpRequest, subject: Connection, data: Any = None) -> ActForm:
        _, way = connector_of(subject)
        oauth = browser_way(way)
        return EntryForm(data, [("", scope_field(oauth, subject.scopes) if oauth else value_fields(way))])

    def perform(self, request: HttpRequest, subject: Connection, values: dict[str, Any]) -> Connection | Started:
        caller = caller_behind(request)
        if _signs_in(subject):
            return begin_again(
                tenant_id=caller.tenant_id,
                by=caller,
                connection_id=subject.id,
                redirect_uri=callback_address(request),
                scopes=values.get("scopes", ()),
            )
        return rotate_credential(
            tenant_id=caller.tenant_id,
            by=caller,
            connection_id=subject.id,
            values=group_of(values, VALUES),
            overlap_seconds=0,
        )

    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: Connection | Started) -> HttpResponse:
        if isinstance(result, Connection):
            return super().answer(request, pages, subject, result)
        response = redirect(result.url)
        cookie.bind(response, result)
        return response


class RotateCredential(Act):
    name, label, icon = "rotate", "Rotate", "autorenew"
    done = "Calls go out with the new credential."
    asks_outside = True

    def offered(self, subject: Connection) -> bool:
        return subject.state == ConnectionState.ACTIVE and _is_entered(subject)

    def explain(self, subject: Connection) -> str:
        return (
            "The new credential is checked first, and calls go out with it from then on. The old one stays for a "
            "while, so that you can take it back."
        )

    def form(self, request: HttpRequest, subject: Connection, data: Any = None) -> ActForm:
        _, way = connector_of(subject)
        overlap = forms.TypedChoiceField(
            label="Keep the old one for", choices=_OVERLAPS, coerce=int, initial=_OVERLAPS[0][0]
        )
        return EntryForm(data, [("", value_fields(way)), ("", {"overlap_seconds": overlap})])

    def perform(self, request: HttpRequest, subject: Connection, values: dict[str, Any]) -> Connection:
        caller = caller_behind(request)
        return rotate_credential(
            tenant_id=caller.tenant_id,
            by=caller,
            connection_id=subject.id,
            values=group_of(values, VALUES),
            overlap_seconds=values["overlap_seconds"],
        )


class TakeBack(Act):
    name, label, icon = "take-back", "Take back the old credential", "undo"
    button = "Take back"
    done = "Calls go out with the previous credential again. The one after it is destroyed."
    danger = True

    def offered(self, subject: Connection) -> bool:
        previous = subject.credentials.filter(state=CredentialState.PREVIOUS, valid_until__gt=timezone.now())
        return is_living(subject) and previous.exists()

    def explain(self, subject: Connection) -> str:
        return "The credential from before the last rotation is the current one again, and the new one is destroyed."

    def perform(self, request: HttpRequest, subject: Connection, values: dict[str, Any]) -> Connection:
        caller = caller_behind(request)
        return take_back(tenant_id=caller.tenant_id, by=caller, connection_id=subject.id)


class ConnectionForm(ActForm):
    name = forms.CharField(max_length=200, help_text="As people read it.")
    is_default = forms.BooleanField(
        label="The default connection",
        required=False,
        help_text="For tools of its service that name none. Another one that is the default is it no more.",
    )


class EditConnection(Act):
    name, label, button, icon = "edit", "Rename", "Save", "edit"
    done = "{subject} is changed."
    form_class = ConnectionForm

    def offered(self, subject: Connection) -> bool:
        return is_living(subject)

    def initial(self, request: HttpRequest, subject: Connection) -> dict[str, Any]:
        return {"name": subject.name, "is_default": subject.is_default}

    def form(self, request: HttpRequest, subject: Connection, data: Any = None) -> ActForm:
        form = super().form(request, subject, data)
        if subject.end_user:
            del form.fields["is_default"]
        return form

    def perform(self, request: HttpRequest, subject: Connection, values: dict[str, Any]) -> Connection:
        caller = caller_behind(request)
        return change_connection(tenant_id=caller.tenant_id, by=caller, connection_id=subject.id, changes=values)


class Disconnect(Act):
    name, label, icon = "disconnect", "Disconnect", "link_off"
    danger = True
    asks_outside = True

    def offered(self, subject: Connection) -> bool:
        return is_living(subject)

    def explain(self, subject: Connection) -> str:
        return "Its credential is destroyed here, and revoked at the vendor where that can be done."

    def perform(self, request: HttpRequest, subject: Connection, values: dict[str, Any]) -> Connection:
        caller = caller_behind(request)
        return disconnect(tenant_id=caller.tenant_id, by=caller, connection_id=subject.id)

    def answer(self, request: HttpRequest, pages: Any, subject: Any, result: Connection) -> HttpResponse:
        messages.success(request, f"{result.name}: {result.reason}")
        return redirect(pages.address("change", result.pk))


def _way(connection: Connection) -> AuthWay | None:
    """None when its connector is gone, or does not offer it any more."""
    with within(connection.tenant_id):
        connector = shelf.connector(connection.connector, tenant_id=connection.tenant_id)
    return connector.way(connection.auth) if connector else None


def _signs_in(connection: Connection) -> bool:
    """Whether its person proves at the vendor who they are."""
    way = _way(connection)
    return way is not None and browser_way(way) is not None


def _is_entered(connection: Connection) -> bool:
    """Whether somebody entered a credential that another one can take the place of."""
    way = _way(connection)
    return way is not None and way.type is not AuthType.NONE and browser_way(way) is None
