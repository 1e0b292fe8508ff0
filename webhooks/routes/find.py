"""One route, by its slug."""

from webhooks.errors import RouteNotFound
from webhooks.models import WebhookRoute


def find_route(slug: str) -> WebhookRoute:
    """Raises RouteNotFound."""
    route = WebhookRoute.objects.living().select_related("source", "agent").filter(slug=slug).first()
    if route is None:
        raise RouteNotFound
    return route


def lock_route(route: WebhookRoute) -> WebhookRoute:
    """As it stands now, and stays until the transaction ends. Raises RouteNotFound when it was removed meanwhile."""
    rows = WebhookRoute.objects.living().select_for_update(of=("self",))
    locked = rows.select_related("tenant", "source", "agent").filter(id=route.id).first()
    if locked is None:
        raise RouteNotFound
    return locked
