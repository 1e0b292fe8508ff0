from webhooks.models.attempt import WebhookAttempt
from webhooks.models.delivery import WebhookDelivery
from webhooks.models.event import WebhookEvent
from webhooks.models.redo import WebhookRedo
from webhooks.models.route import WebhookRoute
from webhooks.models.run import WebhookRun
from webhooks.models.source import WebhookSecret, WebhookSource
from webhooks.models.subscription import WebhookSubscription

__all__ = [
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookRedo",
    "WebhookRoute",
    "WebhookRun",
    "WebhookSecret",
    "WebhookSource",
    "WebhookSubscription",
]
