"""What an Idempotency-Key was used for, in 32 bytes.

A plain SHA-256 of a small input is a guessing oracle: whoever reads the row hashes all account numbers and compares.
So the digest is keyed with SECRET_KEY. When that changes, an old key with the same request is a conflict: it is told
that it was used, and nothing runs twice.
"""

import json
from typing import Any

from django.utils.crypto import salted_hmac

_SALT = "registry.request_digests"


def digest_of(request: Any) -> bytes:
    """The same for the same JSON value, whatever the order of its keys."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return salted_hmac(_SALT, canonical, algorithm="sha256").digest()
