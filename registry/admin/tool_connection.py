"""The connection that a tool's calls go out with: shown on the tool's page, and another one chosen."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_act
from accounts.errors import QuartermasterError
from integrations.admin.cells import monogram, state_badge
from integrations.format import shelf
from integrations.models import Connection
from registry import semver
from registry.bind import bind_connection
from registry.connections import connection_of, connector_of
from registry.models import TenantTool, Tool, ToolVersion

MOST_CHOICES = 200


class ChooseConnection(Act):
    name, label, button, icon = "connection", "Change connection", "Change", "cable"
    done = "Its calls go out with that connection from the next one on."

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(pages.may_switch(request))

    def offered(self, subject: Tool) -> bool:
        return subject.retired_at is None and bool(connector_through(subject))

    def explain(self, subject: Tool) -> str:
        return "Which account its calls go out with. A call for an end user goes out with that user's own."

    def form(self, request: HttpRequest, subject: Tool, data: Any = None) -> ActForm:
        form = ActForm(data, initial={"connection": _chosen_slug(subject)})
        own = Connection.objects.living().filter(connector=connector_through(subject), end_user="")[:MOST_CHOICES]
        choices = [("", "The default connection"), *((each.slug, f"{each.name} ({each.slug})") for each in own)]
        form.fields["connection"] = forms.ChoiceField(choices=choices, required=False)
        return form

    def perform(self, request: HttpRequest, subject: Tool, values: dict[str, Any]) -> Tool:
        bind_connection(tool=subject, by=caller_behind(request), connection=values["connection"] or None)
        return subject


def connector_through(tool: Tool) -> str:
    """The slug of the connector that its latest version goes out through; empty: none."""
    version = semver.shown(ToolVersion.objects.filter(tool=tool))
    return connector_of(version) if version else ""


def _own(tool: Tool) -> TenantTool | None:
    """The tenant's settings of a tool that all share."""
    return TenantTool.objects.select_related("connection").filter(tool=tool).first()


def _chosen_slug(tool: Tool) -> str:
    own = _own(tool) if tool.tenant_id is None else None
    chosen = own.connection if own else tool.connection
    return chosen.slug if chosen else ""


def goes_out_with(request: HttpRequest, tool: Tool) -> SafeString:
    """Empty for a tool that goes out through no connector."""
    version = semver.shown(ToolVersion.objects.filter(tool=tool))
    slug = connector_of(version) if version else ""
    if version is None or not slug:
        return SafeString()
    connector = shelf.connector(slug, tenant_id=caller_behind(request).tenant_id)
    try:
        found, missing = connection_of(tool, version, _own(tool), end_user=""), ""
    except QuartermasterError as error:
        found, missing = None, error.message
    context = {
        "slug": slug,
        "connector": connector,
        "monogram": monogram(connector) if connector else "",
        "connection": found,
        "state": state_badge(found) if found else "",
        "is_chosen": bool(_chosen_slug(tool)),
        "missing": missing,
    }
    return render_to_string("admin/registry/tool_connection.html", context, request)


offer_act(Tool, ChooseConnection())
