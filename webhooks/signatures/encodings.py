"""How bytes are written in a header, strictly: what is not of the encoding is none."""

import base64
import binascii

from webhooks.signatures.types import Encoding

_URLSAFE = bytes.maketrans(b"-_", b"+/")


def decoded(text: bytes, encoding: Encoding) -> bytes | None:
    """The bytes that it stands for; None: it is not so written. Padding may be missing."""
    try:
        match encoding:
            case Encoding.TEXT:
                return text
            case Encoding.HEX:
                return binascii.unhexlify(text)
            case Encoding.BASE64:
                return _from_base64(text)
            case Encoding.BASE64URL:
                return None if set(text) & set(b"+/") else _from_base64(text.translate(_URLSAFE))
    except ValueError:
        return None


def encoded(content: bytes, encoding: Encoding) -> str:
    match encoding:
        case Encoding.TEXT:
            return content.decode("utf-8", "replace")
        case Encoding.HEX:
            return content.hex()
        case Encoding.BASE64:
            return base64.b64encode(content).decode()
        case Encoding.BASE64URL:
            return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _from_base64(text: bytes) -> bytes:
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
