"""What a tenant registers with a vendor before its people can sign in there: entered, replaced, removed."""

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from accounts.chrome.forms import ActForm, complain
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.errors import NotFound, QuartermasterError
from accounts.roles import Right
from integrations.admin.cells import monogram
from integrations.connections.oauth.app import register_app, remove_app
from integrations.entering import PLAIN, SECRET, browser_way
from integrations.format import shelf
from integrations.format.types import Connector
from integrations.models import OAuthApp
from integrations.pages import callback_address


class AppForm(ActForm):
    client_id = forms.CharField(label="Client id", widget=forms.TextInput(attrs=PLAIN))
    client_secret = forms.CharField(
        label="Client secret",
        required=False,
        widget=forms.PasswordInput(attrs=SECRET),
        help_text="Sealed when you send it, and shown to nobody again. Empty only where the vendor gives none.",
    )


@sensitive_post_parameters()
def app_page(request: HttpRequest, slug: str) -> HttpResponse:
    """`?way=` is where it was asked for, and where one goes on."""
    caller = caller_behind(request)
    caller.require(Right.CREDENTIALS)
    connector = found_connector(request, slug)
    if request.method == "POST" and "remove" in request.POST:
        remove_app(tenant_id=caller.tenant_id, by=caller, connector=connector)
        messages.success(request, f"The app at {connector.name} is removed. Nobody can sign in there any more.")
        return redirect("admin:connector", connector.slug)
    app = OAuthApp.objects.filter(connector=slug).first()
    form = AppForm(request.POST if request.method == "POST" else None, initial={"client_id": app and app.client_id})
    if form.is_valid():
        try:
            register_app(tenant_id=caller.tenant_id, by=caller, connector=connector, **form.cleaned_data)
            messages.success(request, f"The app is kept. People can sign in at {connector.name} now.")
            return redirect(_onward(request, connector))
        except QuartermasterError as error:
            complain(form, error)
    return _drawn(request, connector, form, app)


def found_connector(request: HttpRequest, slug: str) -> Connector:
    """Inside the tenant's scope. Raises NotFound."""
    connector = shelf.connector(slug, tenant_id=caller_behind(request).tenant_id)
    if connector is None:
        raise NotFound("There is no such connector. Choose one in the list of connectors.")
    return connector


def _onward(request: HttpRequest, connector: Connector) -> str:
    """The way that one came from, else the first on which people sign in."""
    names = [way.name for way in connector.auth if browser_way(way)]
    asked = request.GET.get("way", "")
    return reverse("admin:connect_way", args=[connector.slug, asked if asked in names else names[0]])


def _drawn(request: HttpRequest, connector: Connector, form: AppForm, app: OAuthApp | None) -> HttpResponse:
    home = reverse("admin:connector", args=[connector.slug])
    context = {
        **admin.site.each_context(request),
        "title": f"App at {connector.name}",
        "crumbs": [("Connectors", reverse("admin:connectors")), (connector.name, home), ("App", "")],
        "connector": connector,
        "monogram": monogram(connector),
        "form": form,
        "app": app,
        "redirect_uri": callback_address(request),
        "back_url": home,
    }
    template = "admin/integrations/oauth_app.html"
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


offer_page("connectors/<slug:slug>/app/", app_page, name="oauth_app")
