"""What this floor seals, so that a rekeying finds it."""

from integrations.vault import places
from integrations.vault.places import SealedPlace
from memory.importing.files import PURPOSE
from memory.models import MemoryImport

PLACES = (SealedPlace(MemoryImport, "sealed_key", purpose=PURPOSE, field="{id}:lines:key"),)


def register_all() -> None:
    for place in PLACES:
        places.register(place)
