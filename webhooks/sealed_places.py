"""What this floor seals, so that a rekeying finds it."""

from integrations.vault import places
from integrations.vault.places import SealedPlace
from webhooks.models import WebhookEvent, WebhookSecret, WebhookSource, WebhookSubscription

PURPOSE = "webhook"

PLACES = (
    SealedPlace(WebhookSource, "sealed_token", purpose=PURPOSE, field="{id}:token"),
    SealedPlace(WebhookSource, "sealed_settings", purpose=PURPOSE, field="{id}:settings"),
    SealedPlace(WebhookSecret, "sealed", purpose=PURPOSE, field="{id}:secret"),
    SealedPlace(WebhookEvent, "sealed_head", purpose=PURPOSE, field="{id}:head"),
    SealedPlace(WebhookEvent, "sealed_body", purpose=PURPOSE, field="{id}:body"),
    SealedPlace(WebhookSubscription, "sealed_secret", purpose=PURPOSE, field="{id}:secret"),
    SealedPlace(WebhookSubscription, "sealed_previous", purpose=PURPOSE, field="{id}:previous"),
)


def register_all() -> None:
    for place in PLACES:
        places.register(place)
