"""Secrets of the right form: whole pairs, and ones that are not the right ones."""

from collections.abc import Callable
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding as Form
from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat, PublicFormat

from webhooks.signatures.encodings import encoded
from webhooks.signatures.types import Encoding, Method, Scheme, SecretText

PrivateKey = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MAKERS: dict[Method, Callable[[], PrivateKey]] = {
    Method.ED25519: Ed25519PrivateKey.generate,
    Method.ECDSA: lambda: ec.generate_private_key(ec.SECP256R1()),
    Method.RSA: lambda: rsa.generate_private_key(65537, 2048),
}
SHARED = b"Thirty-two bytes, or a few more."


def other_secret(scheme: Scheme, method: Method) -> str:
    """One that verifies nothing that a provider has signed."""
    assert scheme.secret is not None
    return written(scheme.secret, pair(method, scheme.secret.key)[1])


def key_pair(scheme: Scheme) -> tuple[str, str]:
    """What is signed with, and what is verified with: the same where both share it."""
    secret = scheme.secret or SecretText()
    private, public = pair(scheme.signatures[0].method, secret.key)
    return written(secret, private), written(secret, public)


def written(secret: SecretText, content: bytes) -> str:
    return secret.strip + encoded(content, secret.key)


@cache
def pair(method: Method, encoding: Encoding) -> tuple[bytes, bytes]:
    if method not in MAKERS:
        return SHARED, SHARED
    key, form = MAKERS[method](), Form.PEM if encoding is Encoding.TEXT else Form.DER
    private = key.private_bytes(form, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
