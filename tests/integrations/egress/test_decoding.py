import gzip
import zlib

import pytest

from integrations.egress.decoding import decode
from integrations.errors import UpstreamBroken, UpstreamTooLarge

CLEAR = b"clear text " * 100


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (CLEAR, ""),
        (CLEAR, "identity"),
        (gzip.compress(CLEAR), "gzip"),
        (gzip.compress(CLEAR), " X-GZIP "),
        (gzip.compress(CLEAR[:500]) + gzip.compress(CLEAR[500:]), "gzip"),
        (gzip.compress(CLEAR) + b"\0" * 100, "gzip"),
        (zlib.compress(CLEAR), "deflate"),
        (raw_deflate(CLEAR), "deflate"),
    ],
)
def test_it_decodes(body: bytes, encoding: str) -> None:
    assert decode(body, encoding, len(CLEAR)) == CLEAR


def test_it_takes_an_empty_body_whatever_its_encoding() -> None:
    assert decode(b"", "gzip", 10) == b""


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"no gzip", "gzip"),
        (gzip.compress(CLEAR)[:-4], "gzip"),
        (zlib.compress(CLEAR)[:-4], "deflate"),
        (b"\xff\xff\xff", "deflate"),
        (b"x", "br"),
        (b"x", "gzip, gzip"),
    ],
)
def test_it_says_when_it_cannot(body: bytes, encoding: str) -> None:
    with pytest.raises(UpstreamBroken):
        decode(body, encoding, 10_000)


@pytest.mark.parametrize(
    "body", [gzip.compress(bytes(1001)), gzip.compress(bytes(600)) * 2, gzip.compress(bytes(100_000_000))]
)
def test_it_unpacks_no_more_than_it_may(body: bytes) -> None:
    with pytest.raises(UpstreamTooLarge):
        decode(body, "gzip", 1000)
