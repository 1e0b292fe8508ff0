"""The catalogue of connectors, and what is known of each: ways to connect, own connections, actions, tools."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_page
from accounts.roles import Right, may
from integrations.admin.cells import category_name, monogram, owner, source_name, state_badge
from integrations.admin.oauth_app import found_connector
from integrations.entering import browser_way
from integrations.format import shelf
from integrations.format.types import Connector
from integrations.models import Connection, OAuthApp
from integrations.models.connection import ConnectionState
from integrations.pages import callback_address
from registry.admin.actions import find_actions

SHOWN_CONNECTIONS = 12
SHOWN_ACTIONS = 100
SEARCHED_ACTIONS = 200
"""Of each connector, in the catalogue."""


@dataclass(frozen=True)
class Card:
    connector: Connector
    text: str
    monogram: SafeString
    category: str
    source: str
    connected: int
    expired: int
    """Connections that somebody has to connect again."""


@dataclass(frozen=True)
class Way:
    name: str
    title: str
    help: str
    in_browser: bool
    """Somebody signs in at the vendor, through an app that the tenant registered there."""


@dataclass(frozen=True)
class Category:
    label: str
    count: int
    url: str
    is_chosen: bool


def connectors_page(request: HttpRequest) -> HttpResponse:
    """Whatever the address asks for that there is not shows nothing, and says so."""
    tenant_id = caller_behind(request).tenant_id
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "category", "show")}
    connected, expired = _count(ConnectionState.ACTIVE), _count(ConnectionState.EXPIRED)
    found = [each for each in shelf.connectors(tenant_id) if _is_like(each, asked["q"])]
    own = connected + expired
    shown = [each for each in found if _is_chosen(each, asked, own)]
    context = {
        **admin.site.each_context(request),
        "title": "Connectors",
        "cards": [_card(each, connected[each.slug], expired[each.slug]) for each in shown],
        "categories": _categories(found, asked, own),
        "query": asked["q"],
        "narrowed": {name: value for name, value in asked.items() if value and name != "q"},
        "total": len(found),
    }
    return TemplateResponse(request, "admin/registry/connectors.html", context)


def _text(connector: Connector) -> str:
    """What is searched, here and while one types: name, description, category, and the names of actions."""
    about = [connector.name, connector.slug, connector.description, connector.category]
    return " ".join([*about, *(action.name for action in connector.actions[:SEARCHED_ACTIONS])]).lower()


def _is_like(connector: Connector, query: str) -> bool:
    text = _text(connector)
    return all(word in text for word in query.lower().split())


def _is_chosen(connector: Connector, asked: Mapping[str, str], connected: Mapping[str, int]) -> bool:
    if asked["show"] == "connected" and not connected[connector.slug]:
        return False
    return asked["category"] in ("", connector.category)


def _count(state: ConnectionState) -> Counter[str]:
    """The tenant's connections in that state, and its end users', by connector."""
    counted = Connection.objects.filter(state=state).order_by().values_list("connector").annotate(Count("id"))
    return Counter(dict(counted))


def _card(connector: Connector, connected: int, expired: int) -> Card:
    category = category_name(connector.category)
    return Card(connector, _text(connector), monogram(connector), category, source_name(connector), connected, expired)


def _categories(found: Sequence[Connector], asked: Mapping[str, str], connected: Mapping[str, int]) -> list[Category]:
    counts = Counter(each.category for each in found)
    own = sum(1 for each in found if connected[each.slug])
    all_chosen = not asked["category"] and not asked["show"]
    return [
        Category("All", len(found), _address(q=asked["q"]), all_chosen),
        Category("Connected", own, _address(q=asked["q"], show="connected"), asked["show"] == "connected"),
        *(
            Category(
                category_name(each), counts[each], _address(q=asked["q"], category=each), each == asked["category"]
            )
            for each in sorted(counts, key=category_name)
        ),
    ]


def _address(**query: str) -> str:
    return f"?{urlencode({name: value for name, value in query.items() if value})}"


def connector_page(request: HttpRequest, slug: str) -> HttpResponse:
    connector = found_connector(request, slug)
    own = Connection.objects.living().filter(connector=slug)
    of_tenant = list(own.filter(end_user="")[: SHOWN_CONNECTIONS + 1])
    of_end_users = list(own.exclude(end_user="").order_by("-created_at")[: SHOWN_CONNECTIONS + 1])
    ways = [Way(way.name, way.title, way.help, browser_way(way) is not None) for way in connector.auth]
    query = request.GET.get("q", "").strip()[:200]
    caller = caller_behind(request)
    context = {
        **admin.site.each_context(request),
        "title": connector.name,
        "crumbs": [("Connectors", reverse("admin:connectors")), (connector.name, "")],
        "connector": connector,
        "monogram": monogram(connector),
        "category": category_name(connector.category),
        "source": source_name(connector),
        "may_connect": may(caller.role, Right.CREDENTIALS),
        "may_install": may(caller.role, Right.CATALOGUE),
        "connections": [(each, state_badge(each)) for each in of_tenant[:SHOWN_CONNECTIONS]],
        "end_users": [(each, owner(each), state_badge(each)) for each in of_end_users[:SHOWN_CONNECTIONS]],
        "has_more": max(len(of_tenant), len(of_end_users)) > SHOWN_CONNECTIONS,
        "ways": ways,
        "has_browser_way": any(way.in_browser for way in ways),
        "app": OAuthApp.objects.filter(connector=slug).first(),
        "redirect_uri": callback_address(request),
        "found": find_actions(connector, query=query, most=SHOWN_ACTIONS),
        "query": query,
    }
    return TemplateResponse(request, "admin/registry/connector.html", context)


offer_page("connectors/", connectors_page, name="connectors")
offer_page("connectors/<slug:slug>/", connector_page, name="connector")
