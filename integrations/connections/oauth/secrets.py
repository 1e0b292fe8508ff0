"""What is given out once and kept as a digest: states, links, and what a browser has to bring back."""

import hashlib
import hmac
import secrets

BYTES = 32
"""256 bits: nobody guesses one."""


def new_secret() -> str:
    return secrets.token_urlsafe(BYTES)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(secret: str, kept: bytes | memoryview) -> bool:
    """In constant time."""
    return hmac.compare_digest(digest(secret), bytes(kept))
