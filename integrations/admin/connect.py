"""Connecting a service in the browser: a form made of the connector's data, or the way to the vendor and back."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from accounts.chrome.forms import complain
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.errors import QuartermasterError
from accounts.middleware import asks_outside
from accounts.roles import Right
from accounts.tenancy import within
from integrations.admin.cells import monogram
from integrations.admin.oauth_app import AppForm, found_connector
from integrations.connections.connect import connect
from integrations.connections.entered import way_of
from integrations.connections.oauth import cookie
from integrations.connections.oauth.start import begin
from integrations.entering import (
    VALUES,
    VARIABLES,
    EntryForm,
    browser_way,
    group_of,
    scope_field,
    value_fields,
    variable_fields,
)
from integrations.format.types import AuthWay, Connector, OAuth
from integrations.models import Connection, OAuthApp
from integrations.pages import callback_address

USE = "Name and use"


class ConnectForm(EntryForm):
    folded = frozenset({USE})
    halves = frozenset({"name", "slug"})

    def __init__(self, data: Any, connector: Connector, way: AuthWay) -> None:
        oauth = browser_way(way)
        super().__init__(
            data,
            [
                ("", variable_fields(connector)),
                ("", scope_field(oauth) if oauth else value_fields(way)),
                (USE, _use_fields(connector, oauth)),
            ],
        )
        self.oauth = oauth


def _use_fields(connector: Connector, oauth: OAuth | None) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {
        "name": forms.CharField(
            max_length=200,
            required=False,
            help_text=f"As people read it. Empty: {connector.name}.",
            widget=forms.TextInput(attrs={"placeholder": connector.name}),
        ),
        "slug": forms.CharField(
            max_length=64,
            required=False,
            help_text="By which tools and the API know it. It never changes.",
            widget=forms.TextInput(attrs={"placeholder": connector.slug, "autocapitalize": "off"}),
        ),
    }
    if oauth is None:
        found["is_default"] = forms.BooleanField(
            label="The default connection", required=False, help_text="For tools of this service that name none."
        )
        found["check"] = forms.BooleanField(
            label=f"Ask {connector.name} first",
            required=False,
            initial=True,
            help_text="So that a wrong credential is found now, and not by the first call.",
        )
    return found


@dataclass(frozen=True)
class Entry:
    """What is being connected, and how."""

    connector: Connector
    way: AuthWay
    lacks_app: bool
    has_own: bool


@asks_outside
@sensitive_post_parameters()
def connect_page(request: HttpRequest, slug: str, way: str = "") -> HttpResponse:
    caller = caller_behind(request)
    caller.require(Right.CREDENTIALS)
    with within(caller.tenant_id):
        entry = _entry(request, slug, way)
    form = ConnectForm(request.POST if request.method == "POST" else None, entry.connector, entry.way)
    if form.is_valid():
        try:
            return _sent_away(request, entry, form) if form.oauth else _connected(request, entry, form)
        except (QuartermasterError, ValidationError) as error:
            complain(form, error)
    with within(caller.tenant_id):
        return _drawn(request, entry, form).render()


def _entry(request: HttpRequest, slug: str, way: str) -> Entry:
    connector = found_connector(request, slug)
    chosen = way_of(connector, way) if way else connector.auth[0]
    oauth = browser_way(chosen)
    return Entry(
        connector,
        chosen,
        lacks_app=oauth is not None and not OAuthApp.objects.filter(connector=slug).exists(),
        has_own=Connection.objects.living().filter(connector=slug, end_user="").exists(),
    )


def _connected(request: HttpRequest, entry: Entry, form: ConnectForm) -> HttpResponse:
    values = form.cleaned_data
    caller = caller_behind(request)
    made = connect(
        tenant_id=caller.tenant_id,
        by=caller,
        connector=entry.connector,
        auth=entry.way.name,
        values=group_of(values, VALUES),
        variables=group_of(values, VARIABLES),
        name=values["name"],
        slug=values["slug"],
        is_default=values["is_default"],
        check=values["check"],
    )
    messages.success(request, f"{made.name} is connected{f' as {made.account}' if made.account else ''}.")
    return redirect(address_of(made))


def _sent_away(request: HttpRequest, entry: Entry, form: ConnectForm) -> HttpResponse:
    values = form.cleaned_data
    caller = caller_behind(request)
    started = begin(
        tenant_id=caller.tenant_id,
        by=caller,
        connector=entry.connector,
        auth=entry.way.name,
        redirect_uri=callback_address(request),
        variables=group_of(values, VARIABLES),
        scopes=values.get("scopes", ()),
        name=values["name"],
        slug=values["slug"],
    )
    response = redirect(started.url)
    cookie.bind(response, started)
    return response


def address_of(connection: Connection) -> str:
    return reverse("admin:integrations_connection_change", args=[connection.pk])


def _drawn(request: HttpRequest, entry: Entry, form: ConnectForm) -> TemplateResponse:
    connector = entry.connector
    home = reverse("admin:connector", args=[connector.slug])
    context = {
        **admin.site.each_context(request),
        "title": f"Connect {connector.name}",
        "crumbs": [("Connectors", reverse("admin:connectors")), (connector.name, home), ("Connect", "")],
        "connector": connector,
        "monogram": monogram(connector),
        "way": entry.way,
        "ways": connector.auth,
        "form": form,
        "lacks_app": entry.lacks_app,
        "has_own": entry.has_own,
        "app_form": AppForm() if entry.lacks_app else None,
        "redirect_uri": callback_address(request) if form.oauth else "",
        "always_asked": [(scope, form.oauth.scopes.get(scope, scope)) for scope in form.oauth.default_scopes]
        if form.oauth
        else [],
        "back_url": home,
    }
    template = "admin/integrations/connect.html"
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


offer_page("connectors/<slug:slug>/connect/", connect_page, name="connect")
offer_page("connectors/<slug:slug>/connect/<str:way>/", connect_page, name="connect_way")
