"""How what an admin entered as the secret becomes a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from webhooks.signatures.encodings import decoded
from webhooks.signatures.types import MOST_SECRETS, Encoding, Method, Scheme, SecretText
from webhooks.signatures.verdict import Reason, Refused

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

PEM = b"-----BEGIN "
RAW_BYTES = 32
_KINDS: dict[Method, type[PublicKey]] = {
    Method.ED25519: Ed25519PublicKey,
    Method.ECDSA: EllipticCurvePublicKey,
    Method.RSA: RSAPublicKey,
}
_WORDS = {
    Encoding.TEXT: "a secret",
    Encoding.HEX: "hexadecimal",
    Encoding.BASE64: "base64",
    Encoding.BASE64URL: "base64url",
}
_FORMS = _WORDS | {Encoding.TEXT: "PEM"}


@dataclass(frozen=True)
class Key:
    index: int | None
    """Of its secret among those that are active; None: it is in no secret, but in a certificate."""
    content: bytes | PublicKey


def keys_of(secret: SecretText | None, texts: Sequence[str], method: Method) -> list[Key]:
    """Those that can be read, of the first MOST_SECRETS. Raises Refused where that is none."""
    given = [text for text in texts[:MOST_SECRETS] if text.strip()]
    if secret is None or not given:
        raise Refused(Reason.NO_SECRET, "This source has no secret. Enter the one that the provider shows.")
    read = [(index, key_of(secret, text, method)) for index, text in enumerate(texts[:MOST_SECRETS])]
    keys = [Key(index, content) for index, content in read if content]
    if not keys:
        raise Refused(Reason.SECRET_MALFORMED, secret_fault(secret, given[0], method))
    return keys


def key_text(secret: SecretText, text: str) -> bytes | None:
    """What the text stands for, without blanks around it, which come with copying."""
    return decoded(text.strip().removeprefix(secret.strip).encode("utf-8", "surrogatepass"), secret.key)


def key_of(secret: SecretText, text: str, method: Method) -> bytes | PublicKey | None:
    content = key_text(secret, text)
    return content if method not in _KINDS or not content else _public_key(content, method)


def scheme_secret_fault(scheme: Scheme, text: str) -> str:
    """A sentence that says what is wrong with a secret that somebody entered. Empty: nothing."""
    if scheme.secret is None:
        return "This scheme has no secret. Leave it out."
    faults = (secret_fault(scheme.secret, text, signature.method) for signature in scheme.signatures)
    return next((fault for fault in faults if fault), "")


def secret_fault(secret: SecretText, text: str, method: Method) -> str:
    if key_of(secret, text, method):
        return ""
    what = f"a public key in {_FORMS[secret.key]}" if method in _KINDS else _WORDS[secret.key]
    return f"{secret.title}: this is not {what}. Copy all of it again from the provider."


def of_kind(key: object, method: Method) -> PublicKey | None:
    """The key, if the method verifies with such a one."""
    return key if isinstance(key, PublicKey) and isinstance(key, _KINDS[method]) else None


def _public_key(content: bytes, method: Method) -> PublicKey | None:
    """From PEM, DER, or the bytes of the key alone."""
    if method is Method.ED25519 and len(content) == RAW_BYTES:
        return Ed25519PublicKey.from_public_bytes(content)
    load = serialization.load_pem_public_key if content.startswith(PEM) else serialization.load_der_public_key
    try:
        return of_kind(load(content), method)
    except (ValueError, UnsupportedAlgorithm):
        return None
