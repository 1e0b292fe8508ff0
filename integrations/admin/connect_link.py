"""A link under which an end user connects an account of their own: made here, and shown once."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.chrome.forms import complain
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.errors import QuartermasterError
from accounts.roles import Right
from integrations.admin.cells import monogram
from integrations.admin.oauth_app import found_connector
from integrations.connections.links import MadeLink, make_link
from integrations.entering import VARIABLES, EntryForm, group_of, variable_fields
from integrations.format.types import Connector
from integrations.pages import public_address

_LIVES = ((86_400, "One day"), (3_600, "One hour"), (7 * 86_400, "Seven days"))


class LinkForm(EntryForm):
    def __init__(self, data: Any, connector: Connector) -> None:
        ways = forms.ChoiceField(label="How", choices=[(way.name, way.title) for way in connector.auth])
        asked = {
            "end_user": forms.CharField(
                max_length=200, label="End user", help_text="In your own words, as calls name them in `end_user`."
            ),
            **({"auth": ways} if len(connector.auth) > 1 else {}),
            "seconds": forms.TypedChoiceField(label="Good for", choices=_LIVES, coerce=int),
            "return_to": forms.CharField(
                label="Then go on to",
                required=False,
                help_text="An address of yours. Empty: a page that says that it is done.",
                widget=forms.TextInput(attrs={"placeholder": "https://app.example.com/settings"}),
            ),
        }
        super().__init__(data, [("", asked), ("Where their account is", variable_fields(connector))])


def link_page(request: HttpRequest, slug: str) -> HttpResponse:
    caller_behind(request).require(Right.CREDENTIALS)
    connector = found_connector(request, slug)
    form = LinkForm(request.POST if request.method == "POST" else None, connector)
    if form.is_valid():
        try:
            return _shown_once(request, connector, _made(request, connector, form.cleaned_data))
        except QuartermasterError as error:
            complain(form, error)
    context = {**_context(request, connector), "form": form}
    template = "admin/integrations/connect_link.html"
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


def _made(request: HttpRequest, connector: Connector, values: dict[str, Any]) -> MadeLink:
    caller = caller_behind(request)
    return make_link(
        tenant_id=caller.tenant_id,
        by=caller,
        connector=connector,
        auth=values.get("auth") or connector.auth[0].name,
        end_user=values["end_user"],
        variables=group_of(values, VARIABLES),
        return_to=values["return_to"],
        seconds=values["seconds"],
    )


def _shown_once(request: HttpRequest, connector: Connector, made: MadeLink) -> HttpResponse:
    address = public_address(request, reverse("connect", args=[made.token]))
    context = {**_context(request, connector), "link": made.link, "address": address}
    template = "admin/integrations/link_made.html"
    return TemplateResponse(request, template, context, headers={"Cache-Control": "no-store"})


def _context(request: HttpRequest, connector: Connector) -> dict[str, Any]:
    home = reverse("admin:connector", args=[connector.slug])
    return {
        **admin.site.each_context(request),
        "title": "Make a connect link",
        "crumbs": [("Connectors", reverse("admin:connectors")), (connector.name, home), ("Connect link", "")],
        "connector": connector,
        "monogram": monogram(connector),
        "back_url": home,
    }


offer_page("connectors/<slug:slug>/link/", link_page, name="connect_link")
