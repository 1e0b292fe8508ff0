"""Signing what is sent, as Standard Webhooks says, so that any of its libraries can verify it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

from integrations.redaction import KnownSecrets
from webhooks.subscriptions.secrets import PREFIX

_VERSION = "v1,"
_OF_URLS = str.maketrans("+/", "-_")


def signed_headers(message_id: str, body: bytes, secrets: Sequence[str], *, at: datetime) -> dict[str, str]:
    """With a signature by each of the secrets: a receiver takes the message when one of them is right."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def to_be_masked(secrets: Sequence[str], headers: Mapping[str, str]) -> KnownSecrets:
    """What a receiver could repeat that nobody else is to see: keys in the forms in which libraries hold them, and
    signatures, with which somebody could send the message on while its timestamp is fresh.
    """
    encoded = [secret.removeprefix(PREFIX) for secret in secrets]
    keys = [form for text in encoded for form in (base64.b64decode(text).hex(), text.translate(_OF_URLS), text)]
    signatures = [each.removeprefix(_VERSION) for each in headers["webhook-signature"].split()]
    return KnownSecrets((*secrets, *keys, *signatures))


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return _VERSION + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
