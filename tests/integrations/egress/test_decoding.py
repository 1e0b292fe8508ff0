import gzip
import zlib

import pytest

from integrations.egress.decoding import MOST_MEMBERS, PIECE_BYTES, Decoder, decode
from integrations.errors import UpstreamBroken, UpstreamTooLarge

CLEAR = b"clear text " * 100


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


def gzipped(data: bytes) -> bytes:
    """Without the time of its making, so that a test has the same name in every run."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (CLEAR, ""),
        (CLEAR, "identity"),
        (gzipped(CLEAR), "gzip"),
        (gzipped(CLEAR), " X-GZIP "),
        (gzipped(CLEAR[:500]) + gzipped(CLEAR[500:]), "gzip"),
        (gzipped(CLEAR) + b"\0" * 100, "gzip"),
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
        (gzipped(CLEAR)[:-4], "gzip"),
        (zlib.compress(CLEAR)[:-4], "deflate"),
        (b"\xff\xff\xff", "deflate"),
        (b"x", "br"),
        (b"x", "gzip, gzip"),
    ],
)
def test_it_says_when_it_cannot(body: bytes, encoding: str) -> None:
    with pytest.raises(UpstreamBroken):
        decode(body, encoding, 10_000)


@pytest.mark.parametrize("body", [gzipped(bytes(1001)), gzipped(bytes(600)) * 2, gzipped(bytes(100_000_000))])
def test_it_unpacks_no_more_than_it_may(body: bytes) -> None:
    with pytest.raises(UpstreamTooLarge):
        decode(body, "gzip", 1000)


def test_it_takes_gzip_of_so_many_members_and_no_more() -> None:
    member = gzipped(b"")
    assert decode(member * MOST_MEMBERS, "gzip", 1_000_000) == b""
    with pytest.raises(UpstreamTooLarge, match="more than 10000 parts"):
        decode(member * (MOST_MEMBERS + 1), "gzip", 1_000_000)


def in_pieces(body: bytes, encoding: str, limit: int, length: int = 7) -> list[bytes]:
    decoder = Decoder(encoding, limit)
    pieces = [piece for at in range(0, len(body), length) for piece in decoder.feed(body[at : at + length])]
    decoder.end()
    return pieces


@pytest.mark.parametrize("length", [1, 2, 7, 10_000])
@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (CLEAR, ""),
        (CLEAR, "identity"),
        (gzipped(CLEAR), "gzip"),
        (gzipped(CLEAR[:500]) + gzipped(CLEAR[500:]), " X-GZIP "),
        (gzipped(b"") + gzipped(CLEAR), "gzip"),
        (gzipped(CLEAR) + b"\0" * 100, "gzip"),
        (zlib.compress(CLEAR), "deflate"),
        (zlib.compress(CLEAR) + b"more", "deflate"),
        (raw_deflate(CLEAR), "deflate"),
    ],
)
def test_it_decodes_pieces_of_any_length(body: bytes, encoding: str, length: int) -> None:
    assert b"".join(in_pieces(body, encoding, len(CLEAR), length)) == CLEAR


@pytest.mark.parametrize("length", [1, 5, 10_000])
@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"no gzip", "gzip"),
        (b"\x1f", "gzip"),
        (gzipped(CLEAR)[:-4], "gzip"),
        (gzipped(CLEAR) + gzipped(CLEAR)[:-4], "gzip"),
        (zlib.compress(CLEAR)[:-4], "deflate"),
        (b"\xff\xff\xff", "deflate"),
        (b"x", "br"),
        (b"x", "zstd"),
        (b"x", "gzip, gzip"),
    ],
)
def test_it_says_of_pieces_when_it_cannot(body: bytes, encoding: str, length: int) -> None:
    with pytest.raises(UpstreamBroken):
        in_pieces(body, encoding, 10_000, length)


@pytest.mark.parametrize("body", [gzipped(bytes(1001)), gzipped(bytes(600)) * 2, bytes(1001)])
def test_it_gives_out_no_more_than_it_may(body: bytes) -> None:
    given: list[int] = []
    decoder = Decoder("gzip" if body[0] else "", 1000)
    with pytest.raises(UpstreamTooLarge):
        given.extend(len(piece) for at in range(0, len(body), 100) for piece in decoder.feed(body[at : at + 100]))
    assert sum(given) <= 1000


def test_it_unpacks_a_bomb_a_piece_at_a_time() -> None:
    pieces = Decoder("gzip", 10_000_000).feed(gzipped(bytes(9_000_000)))
    assert max(map(len, pieces)) == PIECE_BYTES
