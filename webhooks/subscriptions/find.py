"""Finding a subscription by what people call it."""

from accounts.errors import NotFound
from webhooks.models import WebhookSubscription


def find_subscription(slug: str) -> WebhookSubscription:
    """Raises NotFound."""
    return _found(WebhookSubscription.objects.living().filter(slug=slug).first())


def lock_subscription(subscription: WebhookSubscription) -> WebhookSubscription:
    """The row as it stands, until the transaction ends. Raises NotFound when it was removed meanwhile."""
    rows = WebhookSubscription.objects.living().select_for_update(of=("self",))
    return _found(rows.filter(id=subscription.id).first())


def _found(subscription: WebhookSubscription | None) -> WebhookSubscription:
    if subscription is None:
        raise NotFound(
            "There is no such subscription. `GET /api/v1/webhook-subscriptions/` lists those that there are."
        )
    return subscription
