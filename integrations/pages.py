"""Two pages for people who are not in the admin site: back from a vendor, and the link of an end user."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.chrome.forms import complain
from accounts.errors import QuartermasterError
from accounts.middleware import signed_in
from accounts.tenancy import within
from integrations.connections.by_link import begin_by_link, connect_by_link, offered_by
from integrations.connections.links import bind_link, find_link
from integrations.connections.oauth import cookie
from integrations.connections.oauth.callback import Returned, finish
from integrations.entering import VALUES, EntryForm, browser_way, group_of, value_fields
from integrations.format.types import AuthWay
from integrations.models import Connection, ConnectLink, OAuthFlow


class ConnectForm(EntryForm):
    """The fields of a way to prove who calls; none where one signs in at the vendor."""

    def __init__(self, way: AuthWay, data: Any = None) -> None:
        self.in_browser = browser_way(way) is not None
        super().__init__(data, [("", {} if self.in_browser else value_fields(way))])


def callback_address(request: HttpRequest) -> str:
    """Where vendors send people back to: under PUBLIC_URL, else under the host that the browser asked."""
    return public_address(request, reverse("oauth_callback"))


def public_address(request: HttpRequest, path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)


@require_GET
@never_cache
def oauth_callback(request: HttpRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    try:
        flow = finish(returned=_returned(request), browser=cookie.brought(request, state), by=signed_in(request))
    except QuartermasterError as error:
        response = render(request, "connect/failed.html", {"error": error, "person": request.user}, status=error.status)
    else:
        response = _back(request, flow)
    cookie.forget(response, state)
    return response


def _back(request: HttpRequest, flow: OAuthFlow) -> HttpResponse:
    """An end user to where the link's maker wants them, a person to the connection, saying what was granted."""
    if flow.link is not None:
        return redirect(flow.return_to) if flow.return_to else _connected(request, flow.link)
    with within(flow.tenant_id):
        connection = Connection.objects.get(id=flow.connection_id)
    granted = f" Granted: {', '.join(connection.scopes)}." if connection.scopes else ""
    account = f" as {connection.account}" if connection.account else ""
    messages.success(request, f"{connection.name} is connected{account}.{granted}")
    return redirect(flow.return_to or reverse("admin:integrations_connection_change", args=[connection.id]))


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@never_cache
def connect_page(request: HttpRequest, token: str) -> HttpResponse:
    """What a link leads to. Looking at it uses nothing up: mail programs look at links, too."""
    try:
        link = find_link(token)
        _, way = offered_by(link)
        form = ConnectForm(way, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return _take_up(request, token, link, way, form)
        return _offer(request, link, way, form)
    except QuartermasterError as error:
        return render(request, "connect/stranger.html", {"error": error}, status=error.status)


def _take_up(request: HttpRequest, token: str, link: ConnectLink, way: AuthWay, form: ConnectForm) -> HttpResponse:
    """From now on the link is this browser's."""
    browser = bind_link(link, cookie.brought_for_link(request, link.id))
    if form.in_browser:
        started = begin_by_link(token=token, browser=browser, redirect_uri=callback_address(request))
        response: HttpResponse = redirect(started.url)
        cookie.bind(response, started)
    else:
        response = _entered(request, token, link, way, form)
    cookie.bind_for_link(response, link.id, browser, path=request.path)
    return response


def _entered(request: HttpRequest, token: str, link: ConnectLink, way: AuthWay, form: ConnectForm) -> HttpResponse:
    try:
        connect_by_link(token=token, values=group_of(form.cleaned_data, VALUES))
    except (QuartermasterError, ValidationError) as error:
        complain(form, error)
        return _offer(request, link, way, form)
    return redirect(link.return_to) if link.return_to else _connected(request, link)


def _offer(request: HttpRequest, link: ConnectLink, way: AuthWay, form: ConnectForm) -> HttpResponse:
    connector, _ = offered_by(link)
    context = {"connector": connector, "way": way, "form": form, "tenant": link.tenant}
    context = {**admin.site.each_context(request), **context}
    return render(request, "connect/offer.html", context, status=422 if form.errors else 200)


def _connected(request: HttpRequest, link: ConnectLink) -> HttpResponse:
    return render(request, "connect/connected.html", {"name": offered_by(link)[0].name})


def _returned(request: HttpRequest) -> Returned:
    names = ("state", "code", "error", "error_description", "iss")
    return Returned(**{name: request.GET.get(name, "") for name in names})
