"""Which of a connector's actions are tools already."""

from collections import defaultdict

from django.db.models import QuerySet

from integrations.format.types import Connector
from registry.models import Tool


def tools_of(connector: str) -> QuerySet[Tool]:
    """The living tools that were installed from it. Inside the tenant's scope."""
    return Tool.objects.living().exclude(tenant=None).filter(metadata__contains={"connector": connector})


def tools_by_action(connector: Connector) -> dict[str, list[str]]:
    """Slugs: an action is a tool once for each prefix."""
    found = defaultdict(list)
    for metadata, slug in tools_of(connector.slug).order_by("slug").values_list("metadata", "slug"):
        found[str(metadata.get("action", ""))].append(slug)
    return dict(found)


def installed_actions(connector: Connector, prefix: str) -> list[str]:
    """Those that are tools under this prefix, and that the connector still has."""
    rows = tools_of(connector.slug).values_list("metadata", flat=True)
    slugs = {str(each.get("action", "")) for each in rows if each.get("prefix", "") == prefix}
    return [action.slug for action in connector.actions if action.slug in slugs]
