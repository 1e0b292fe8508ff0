"""Undoing a Content-Encoding without ever holding more than the limit."""

import zlib

from integrations.errors import UpstreamBroken, UpstreamTooLarge

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """The body in clear. Raises UpstreamTooLarge beyond `limit` bytes, UpstreamBroken when it cannot be decoded."""
    coding = encoding.strip().lower()
    if coding in ("", "identity") or not body:
        return body
    if coding in ("gzip", "x-gzip"):
        return _gunzip(body, limit)
    if coding == "deflate":
        # Most servers send zlib, as the standard says, and a few the bare stream.
        return _inflate(body, _ZLIB if _has_zlib_head(body) else _RAW, limit)[0]
    raise UpstreamBroken(f"The service answered in the encoding {coding[:40]!r}, which was not asked for.")


def _gunzip(body: bytes, limit: int) -> bytes:
    whole, rest = _inflate(body, _GZIP, limit)
    parts = [whole]
    size = len(whole)
    # A gzip file may have several members; what else follows the first is padding.
    while rest[:2] == b"\x1f\x8b":
        part, rest = _inflate(rest, _GZIP, limit - size)
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _inflate(body: bytes, bits: int, limit: int) -> tuple[bytes, bytes]:
    inflater = zlib.decompressobj(bits)
    try:
        whole = inflater.decompress(body, limit + 1)
    except zlib.error as error:
        raise UpstreamBroken("The service's compressed answer is damaged.") from error
    if len(whole) > limit:
        raise UpstreamTooLarge(f"The service's answer is larger than {limit} bytes once it is unpacked.")
    if not inflater.eof:
        raise UpstreamBroken("The service's compressed answer ends too early.")
    return whole, inflater.unused_data


def _has_zlib_head(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
