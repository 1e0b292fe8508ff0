"""Making tools of a connector's actions: choose, look at what would be done, do it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, WARN, badge
from accounts.chrome.forms import ActForm, complain
from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.errors import QuartermasterError
from accounts.roles import Right
from integrations.admin.cells import monogram
from integrations.admin.oauth_app import found_connector
from integrations.format.types import Connector
from integrations.models import Connection
from registry.admin.actions import effect_badge, find_actions, matching
from registry.install import install_actions, plan_install
from registry.installing.types import Change, Installed, Plan, PlannedAction

SHOWN_ACTIONS = 300
MOST_CONNECTIONS = 200
_CHANGES = {
    Change.NEW: ("New", GOOD),
    Change.UNCHANGED: ("Unchanged", MUTE),
    Change.RETOLD: ("Described anew", MUTE),
    Change.PATCH: ("Patch", INFO),
    Change.MINOR: ("Minor", INFO),
    Change.MAJOR: ("Major", WARN),
    Change.GONE: ("Gone", BAD),
}


class AddForm(ActForm):
    halves = frozenset({"connection", "prefix"})

    def __init__(self, data: Any, connector: Connector) -> None:
        super().__init__(data)
        own = Connection.objects.living().filter(connector=connector.slug, end_user="")[:MOST_CONNECTIONS]
        choices = [(str(each.id), f"{each.name} ({each.slug})") for each in own]
        self.fields["connection"] = forms.ChoiceField(
            label="Goes out with",
            choices=[("", "The default connection"), *choices],
            required=False,
            help_text="New tools only. Each tool's can be changed later.",
        )
        self.fields["prefix"] = forms.CharField(
            max_length=20,
            required=False,
            help_text="Before the tools' slugs, to have the same actions once more for another account.",
            widget=forms.TextInput(attrs={"autocapitalize": "off", "spellcheck": "false"}),
        )

    @property
    def connection(self) -> Connection | None:
        """None: whichever is the default."""
        chosen = self.cleaned_data["connection"]
        return Connection.objects.get(id=chosen) if chosen else None


@dataclass(frozen=True)
class Step:
    """Of a plan, as it is shown."""

    planned: PlannedAction
    change: SafeString
    effect: SafeString | str


def tools_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The buttons of its one form: `search` narrows the list, `preview` tells, `install` does it."""
    caller_behind(request).require(Right.CATALOGUE)
    connector = found_connector(request, slug)
    chosen = _chosen(request, connector)
    form = AddForm(request.POST if request.method == "POST" else None, connector)
    if "preview" in request.POST or "install" in request.POST:
        if not chosen:
            form.add_error(None, "Choose at least one action.")
        if form.is_valid():
            return _go_on(request, connector, chosen, form)
    return _choosing(request, connector, chosen, form)


def _chosen(request: HttpRequest, connector: Connector) -> list[str]:
    """What was ticked, what was before, and all that match where that was asked for. What there is not is left out."""
    slugs = {*request.POST.getlist("action"), *request.POST.get("kept", "").split(",")}
    if "all" in request.POST:
        slugs |= {each.slug for each in matching(connector, _query(request))}
    return [each.slug for each in connector.actions if each.slug in slugs]


def _query(request: HttpRequest) -> str:
    return request.POST.get("q", request.GET.get("q", "")).strip()[:200]


def _go_on(request: HttpRequest, connector: Connector, chosen: list[str], form: AddForm) -> HttpResponse:
    prefix = form.cleaned_data["prefix"]
    try:
        if "install" not in request.POST:
            plan = plan_install(connector=connector, actions=chosen, prefix=prefix)
            return _previewed(request, connector, chosen, form, plan)
        done = install_actions(
            by=caller_behind(request),
            connector=connector,
            actions=chosen,
            connection=form.connection.id if form.connection else None,
            prefix=prefix,
            deprecate_gone="deprecate_gone" in request.POST,
        )
    except QuartermasterError as error:
        complain(form, error)
        return _choosing(request, connector, chosen, form)
    messages.success(request, said_of(connector, done))
    return redirect(f"{reverse('admin:registry_tool_changelist')}?{urlencode({'q': connector.slug})}")


def said_of(connector: Connector, done: Installed) -> str:
    counts = done.counts
    published = sum(counts[each] for each in (Change.PATCH, Change.MINOR, Change.MAJOR))
    told = [
        f"{number} {word}"
        for number, word in (
            (counts[Change.NEW], "added"),
            (published, "published in a new version"),
            (counts[Change.RETOLD], "described anew"),
            (counts[Change.UNCHANGED], "unchanged"),
        )
        if number
    ]
    return f"Tools of {connector.name}: {', '.join(told)}."


def _choosing(request: HttpRequest, connector: Connector, chosen: list[str], form: AddForm) -> HttpResponse:
    query = _query(request)
    found = find_actions(connector, query=query, most=SHOWN_ACTIONS, chosen=chosen)
    context = {
        **_context(request, connector, "Add tools"),
        "form": form,
        "found": found,
        "query": query,
        "tokens": found.tokens,
        "kept_tokens": found.kept_tokens,
        "chosen": len(chosen),
    }
    template = "admin/registry/add_tools.html"
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)


def _previewed(
    request: HttpRequest, connector: Connector, chosen: list[str], form: AddForm, plan: Plan
) -> HttpResponse:
    context = {
        **_context(request, connector, "What would be done"),
        "form": form,
        "kept": ",".join(chosen),
        "plan": plan,
        "steps": [_step(connector, each) for each in plan.actions],
        "gone": plan.counts[Change.GONE],
        "breaking": plan.counts[Change.MAJOR],
        "counts": [(_CHANGES[change][0], count) for change, count in plan.counts.items()],
        "goes_out_with": form.connection,
    }
    return TemplateResponse(request, "admin/registry/plan.html", context)


def _step(connector: Connector, planned: PlannedAction) -> Step:
    action = connector.action(planned.action)
    return Step(planned, badge(*_CHANGES[planned.change]), effect_badge(action) if action else "")


def _context(request: HttpRequest, connector: Connector, title: str) -> dict[str, Any]:
    home = reverse("admin:connector", args=[connector.slug])
    return {
        **admin.site.each_context(request),
        "title": title,
        "crumbs": [("Connectors", reverse("admin:connectors")), (connector.name, home), ("Add tools", "")],
        "connector": connector,
        "monogram": monogram(connector),
        "back_url": home,
    }


offer_page("connectors/<slug:slug>/tools/", tools_page, name="connector-tools")
