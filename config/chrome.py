"""How the admin site looks and what its sidebar leads to: django-unfold's settings, as data."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

# Petrol, and a grey with a breath of it. Contrast of text is checked by tests/browser.
COLORS = {
    "primary": {
        "50": "oklch(97.6% .013 210)",
        "100": "oklch(94.6% .028 210)",
        "200": "oklch(89.4% .052 211)",
        "300": "oklch(81.5% .081 213)",
        "400": "oklch(74.5% .100 215)",
        "500": "oklch(67.5% .105 217)",
        "600": "oklch(48.5% .088 220)",
        "700": "oklch(42.5% .077 222)",
        "800": "oklch(36.5% .064 224)",
        "900": "oklch(30.5% .052 226)",
        "950": "oklch(22.0% .038 228)",
    },
    "base": {
        "50": "oklch(98.4% .003 230)",
        "100": "oklch(96.4% .005 230)",
        "200": "oklch(92.2% .008 230)",
        "300": "oklch(86.4% .011 230)",
        "400": "oklch(70.4% .018 232)",
        "500": "oklch(53.5% .021 234)",
        "600": "oklch(43.6% .022 236)",
        "700": "oklch(35.4% .021 238)",
        "800": "oklch(27.2% .018 240)",
        "900": "oklch(20.4% .015 242)",
        "950": "oklch(15.2% .013 244)",
    },
    "font": {
        "subtle-light": "var(--color-base-500)",
        "subtle-dark": "var(--color-base-400)",
        "default-light": "var(--color-base-700)",
        "default-dark": "var(--color-base-300)",
        "important-light": "var(--color-base-950)",
        "important-dark": "var(--color-base-50)",
    },
}


def _page(title: str, icon: str, model: str, **more: Any) -> dict[str, Any]:
    app, _, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: request.user.has_perm(f"{app}.view_{name}"),
        **more,
    }


NAVIGATION = [
    {
        "items": [
            {"title": "Dashboard", "icon": "monitoring", "link": reverse_lazy("admin:index")},
        ],
    },
    {
        "title": "Catalogue",
        "items": [
            _page("Tools", "handyman", "registry.tool"),
            _page("Versions", "deployed_code_history", "registry.toolversion"),
            _page("Circuits", "electrical_services", "registry.breaker"),
        ],
    },
    {
        "title": "Connections",
        "items": [
            {"title": "Connectors", "icon": "extension", "link": reverse_lazy("admin:connectors")},
            _page("Connections", "cable", "integrations.connection"),
            _page("Imports", "upload_file", "integrations.connectorimport"),
        ],
    },
    {
        "title": "Webhooks",
        "items": [
            {"title": "Overview", "icon": "webhook", "link": reverse_lazy("admin:webhooks")},
            _page("Sources", "input", "webhooks.webhooksource"),
            _page("Events", "inbox", "webhooks.webhookevent"),
            _page("Routes", "alt_route", "webhooks.webhookroute"),
            _page("Dead letters", "mark_email_unread", "webhooks.webhookrun"),
            _page("Subscriptions", "campaign", "webhooks.webhooksubscription"),
            _page("Deliveries", "outbox", "webhooks.webhookdelivery"),
        ],
    },
    {
        "title": "Memory",
        "items": [
            {"title": "Overview", "icon": "neurology", "link": reverse_lazy("admin:memory")},
            _page("Memories", "psychology", "memory.memory"),
            {"title": "Search", "icon": "search", "link": reverse_lazy("admin:memory-search")},
            _page("Imports", "upload", "memory.memoryimport"),
            {"title": "Models", "icon": "hub", "link": reverse_lazy("admin:memory-models")},
            _page("Namespace rules", "folder_managed", "memory.namespacerule"),
            _page("Erasures", "delete_forever", "memory.memoryerasure"),
        ],
    },
    {
        "title": "Activity",
        "items": [
            _page("Approvals", "how_to_reg", "registry.approval", badge="registry.admin.approvals.waiting_badge"),
            _page("Executions", "bolt", "registry.execution"),
            _page("Audit trail", "verified_user", "accounts.auditentry"),
        ],
    },
    {
        "title": "Access",
        "items": [
            _page("Permission rules", "policy", "registry.permissionrule"),
            _page("Agents", "smart_toy", "accounts.agent"),
            _page("API keys", "key", "accounts.apikey"),
            _page("People", "group", "accounts.person"),
            _page("Tenants", "apartment", "accounts.tenant"),
            _page("Vault", "encrypted", "integrations.datakey"),
        ],
    },
    {
        "title": "Reference",
        "items": [
            {"title": "API documentation", "icon": "menu_book", "link": reverse_lazy("docs")},
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Quartermaster",
    "SITE_HEADER": "Quartermaster",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")},
    ],
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "registry.pages.dashboard",
    "STYLES": [
        lambda request: static("css/quartermaster.css"),
        lambda request: static("css/connections.css"),
        lambda request: static("css/webhooks.css"),
        lambda request: static("css/memory.css"),
    ],
    "SCRIPTS": [lambda request: static("js/quartermaster.js")],
    "COLORS": COLORS,
    "BORDER_RADIUS": "8px",
    "SIDEBAR": {"show_search": False, "navigation": NAVIGATION},
}
