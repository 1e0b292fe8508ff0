"""The ways to prove who signed: with the same key as we have, or with a private key whose public one we have."""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from webhooks.signatures.keys import PublicKey
from webhooks.signatures.types import Method

SHARED = frozenset({Method.HMAC, Method.DIGEST, Method.TOKEN})
"""Those in which whoever verifies can sign."""
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303  what some providers sign with
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def expected(method: Method, hash_: str, key: bytes, text: bytes) -> bytes:
    """The right signature of a text under a shared key."""
    match method:
        case Method.HMAC:
            return hmac.digest(key, text, hash_)
        case Method.DIGEST:
            return hashlib.new(hash_, text).digest()
        case _:
            return text


def same(one: bytes, other: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(one, other)


def proves(hash_: str, key: PublicKey, text: bytes, signature: bytes) -> bool:
    """Whether the signature is the private key's."""
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, text)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, text, ec.ECDSA(HASHES[hash_]))
        else:
            key.verify(signature, text, padding.PKCS1v15(), HASHES[hash_])
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
