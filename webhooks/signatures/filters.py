"""What a template can make of a value: `{body|sha256}`. None of them raises, whatever it is given."""

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable
from functools import partial

Filter = Callable[[bytes], bytes]
KeyedFilter = Callable[[bytes, bytes], bytes]

_ADDRESS = re.compile(
    rb"(?P<scheme>https?)://(?P<host>\[[^\]]*\]|[^/?#:]*)(?::\d*)?(?P<rest>.*)", re.DOTALL | re.IGNORECASE
)
_PORTS = {b"http": b"80", b"https": b"443"}
_PLAIN = {f"%{ord(sign):02X}".encode(): sign.encode() for sign in ":/?@!$'()*,;"}
_ESCAPED = re.compile(b"|".join(_PLAIN), re.IGNORECASE)


def _hash(name: str, text: bytes) -> bytes:
    return hashlib.new(name, text).hexdigest().encode()


def _crc32(text: bytes) -> bytes:
    return str(zlib.crc32(text)).encode()


def _with_port(url: bytes) -> bytes:
    found = _ADDRESS.fullmatch(url)
    if found is None or url != _without_port(url):
        return url
    return b"%s://%s:%s%s" % (found["scheme"], found["host"], _PORTS[found["scheme"].lower()], found["rest"])


def _without_port(url: bytes) -> bytes:
    found = _ADDRESS.fullmatch(url)
    return b"%s://%s%s" % (found["scheme"], found["host"], found["rest"]) if found else url


def _plain_reserved(url: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: _PLAIN[found[0].upper()], url)


def _hmac_sha256_hex(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256").hex().encode()


def _hmac_sha256_base64(key: bytes, text: bytes) -> bytes:
    return base64.b64encode(hmac.digest(key, text, "sha256"))


FILTERS: dict[str, Filter] = {
    **{name: partial(_hash, name) for name in ("sha1", "sha256", "sha384", "sha512")},
    "crc32": _crc32,
    "lower": bytes.lower,
    "upper": bytes.upper,
    "with_port": _with_port,
    "without_port": _without_port,
    "plain_reserved": _plain_reserved,
}
KEYED: dict[str, KeyedFilter] = {
    "hmac_sha256_hex": _hmac_sha256_hex,
    "hmac_sha256_base64": _hmac_sha256_base64,
}
"""Those that sign with the source's secret."""
