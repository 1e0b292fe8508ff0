"""Signing with a private key, which only tests and test events have."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from webhooks.signatures.keys import PEM, RAW_BYTES, key_text
from webhooks.signatures.methods import HASHES
from webhooks.signatures.types import Method, SecretText, Signature


class BadPrivateKey(ValueError):
    """It is none, or not one that the method signs with."""


def signed_by(secret: SecretText | None, text: str, signature: Signature, signed: bytes) -> bytes:
    """The signature of `signed` under the private key. Raises BadPrivateKey."""
    key = _private_key(key_text(secret or SecretText(), text) or b"", signature.method)
    hash_ = HASHES[signature.hash]
    if isinstance(key, Ed25519PrivateKey) and signature.method is Method.ED25519:
        return key.sign(signed)
    if isinstance(key, ec.EllipticCurvePrivateKey) and signature.method is Method.ECDSA:
        return key.sign(signed, ec.ECDSA(hash_))
    if isinstance(key, RSAPrivateKey) and signature.method is Method.RSA:
        return key.sign(signed, padding.PKCS1v15(), hash_)
    raise BadPrivateKey


def _private_key(content: bytes, method: Method) -> object:
    if method is Method.ED25519 and len(content) == RAW_BYTES:
        return Ed25519PrivateKey.from_private_bytes(content)
    load = serialization.load_pem_private_key if content.startswith(PEM) else serialization.load_der_private_key
    try:
        return load(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadPrivateKey from error
