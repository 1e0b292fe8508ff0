"""Signatures are those of Standard Webhooks: a receiver verifies them with any of its libraries."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from integrations.redaction import KNOWN_ONLY, redact_text
from webhooks.subscriptions.secrets import new_secret
from webhooks.telling.sign import signed_headers, to_be_masked


@dataclass(frozen=True)
class Vector:
    secret: str
    message_id: str
    timestamp: int
    body: str
    signature: str


# Made with the Python library standardwebhooks 1.1.0; the first one is in its specification, too.
VECTORS = [
    Vector(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        '{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    Vector(
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "msg_0190b2c5-0000-7000-8000-000000000001",
        1796000000,
        '{"type":"execution.failed","timestamp":"2026-11-29T12:00:00Z","data":{"code":"timeout"}}',
        "v1,aJ2Ez2EYLV25DXwkJ+a44TTLfeg4yQD+Gc2fSRc4k78=",
    ),
    Vector(
        "whsec_" + "/" * 85 + "w==",
        "msg_0190b2c5-0000-7000-8000-000000000002",
        1796000001,
        '{"type":"ping","data":{"name":"Grüße, 世界 \\u0000"}}',
        "v1,8QjQpc0TvIxLazy6WkrDwDQUtVDSCo2tJmSMRf7yyCo=",
    ),
    Vector("whsec_a2tra2tra2tra2tra2tra2tra2tra2tr", "msg_1", 1, "", "v1,8E9SNe0Afq4hI+hj+r8QJWHEZFTTZXaBY4M9399jLZA="),
]


def headers(vector: Vector, *secrets: str) -> dict[str, str]:
    at = datetime.fromtimestamp(vector.timestamp, UTC)
    return signed_headers(vector.message_id, vector.body.encode(), secrets or [vector.secret], at=at)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.message_id)
def test_it_signs_as_the_library_does(vector: Vector) -> None:
    assert headers(vector) == {
        "webhook-id": vector.message_id,
        "webhook-timestamp": str(vector.timestamp),
        "webhook-signature": vector.signature,
    }


def test_it_signs_with_each_active_secret() -> None:
    first, second, *_ = VECTORS
    signatures = headers(first, second.secret, first.secret)["webhook-signature"].split(" ")
    assert len(signatures) == 2
    assert signatures[1] == first.signature


def test_it_signs_whole_seconds() -> None:
    at = datetime(2026, 11, 29, 12, 0, 0, 999_999, tzinfo=UTC)
    assert signed_headers("msg_1", b"{}", [new_secret()], at=at)["webhook-timestamp"] == "1795953600"


def test_a_new_secret_is_32_random_bytes() -> None:
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert all(secret.startswith("whsec_") and len(secret) == len("whsec_") + 44 for secret in secrets)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.message_id)
def test_what_a_receiver_could_repeat_is_masked(vector: Vector) -> None:
    key = vector.secret.removeprefix("whsec_")
    content = base64.b64decode(key)
    forms = [vector.secret, key, content.hex(), base64.urlsafe_b64encode(content).decode()]
    told = "\n".join([*forms, vector.signature])
    known = to_be_masked([vector.secret], headers(vector))
    masked = "[redacted:secret]"
    assert redact_text(told, secrets=known, rules=KNOWN_ONLY).split("\n") == [masked] * 4 + [f"v1,{masked}"]
