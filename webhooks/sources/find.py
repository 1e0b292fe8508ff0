"""Finding a source, and holding it while it is changed. Inside the tenant's scope."""

from uuid import UUID

from accounts.errors import NotFound
from webhooks.models import WebhookSource


def find_source(slug: str) -> WebhookSource:
    """Raises NotFound."""
    return _found(WebhookSource.objects.living().filter(slug=slug).first())


def lock_source(source_id: UUID) -> WebhookSource:
    """Raises NotFound."""
    return _found(WebhookSource.objects.living().select_for_update(of=("self",)).filter(id=source_id).first())


def _found(source: WebhookSource | None) -> WebhookSource:
    if source is None:
        raise NotFound("There is no such source. `GET /api/v1/webhook-sources/` lists those that there are.")
    return source
