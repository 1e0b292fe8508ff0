"""What this floor seals, so that a rekeying finds it."""

from integrations.models import DerivedKey
from integrations.vault import derived, places
from integrations.vault.places import SealedPlace


def register_all() -> None:
    places.register(SealedPlace(DerivedKey, "sealed", purpose=derived.SEALED_AS, field="{purpose}"))
