"""What this floor seals, so that a rekeying finds it. What is sealed in Redis needs no place."""

from integrations.vault import derived, places
from integrations.vault.places import SealedPlace
from registry import redaction
from registry.approvals import digest
from registry.artifacts import keep
from registry.models import Approval, Artifact, Execution

PLACES = (
    SealedPlace(Execution, "sealed_input", purpose="execution", field="{id}:input"),
    SealedPlace(Execution, "sealed_output", purpose="execution", field="{id}:output"),
    SealedPlace(Approval, "input_digest", purpose=digest.PURPOSE, field="{execution_id}:digest"),
    SealedPlace(Artifact, "sealed_key", purpose=keep.PURPOSE, field="{id}:key"),
    # Content that the data key itself has sealed, as it was done formerly: it is gone when it has expired.
    SealedPlace(Artifact, "sealed_head", purpose=keep.PURPOSE, field="{id}", format=2, expires=True),
)


def register_all() -> None:
    for place in PLACES:
        places.register(place)
    derived.register_purpose(redaction.PURPOSE)
