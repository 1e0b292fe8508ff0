"""What this floor seals, so that a rekeying finds it."""

from integrations.connections import sealed
from integrations.models import Credential, DerivedKey, OAuthApp, OAuthFlow
from integrations.vault import derived, places
from integrations.vault.places import SealedPlace

PLACES = (
    SealedPlace(DerivedKey, "sealed", purpose=derived.SEALED_AS, field="{purpose}"),
    SealedPlace(Credential, "secret", purpose=sealed.CREDENTIAL, field="{id}:secret"),
    SealedPlace(Credential, "token", purpose=sealed.CREDENTIAL, field="{id}:token"),
    SealedPlace(OAuthApp, "client_secret", purpose=sealed.APP, field="{id}:client_secret"),
    SealedPlace(OAuthFlow, "verifier", purpose=sealed.FLOW, field="{id}:verifier"),
)


def register_all() -> None:
    for place in PLACES:
        places.register(place)
