"""A name and a secret in one header (RFC 7617). Nothing of the secret alone need be left in it to look for."""

import base64
from urllib.parse import quote_plus


def pair(name: str, secret: str) -> str:
    """What follows `Basic`, in UTF-8."""
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


def client_pair(client_id: str, secret: str) -> str:
    """Of an OAuth client: both are form-encoded first (RFC 6749, 2.3.1)."""
    return pair(quote_plus(client_id), quote_plus(secret))
