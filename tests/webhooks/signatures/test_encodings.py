import pytest

from webhooks.signatures.encodings import decoded, encoded
from webhooks.signatures.types import Encoding


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (Encoding.TEXT, b"fo\xc3\xb6"),
        (Encoding.HEX, b"666fc3b6"),
        (Encoding.BASE64, b"Zm/Dtg=="),
        (Encoding.BASE64URL, b"Zm_Dtg"),
    ],
)
def test_it_reads_what_it_writes(encoding: Encoding, text: bytes) -> None:
    assert decoded(text, encoding) == b"fo\xc3\xb6"
    assert encoded(b"fo\xc3\xb6", encoding) == text.decode()


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (Encoding.HEX, b"666FC3B6"),
        (Encoding.BASE64, b"Zm/Dtg"),
        (Encoding.BASE64URL, b"Zm_Dtg=="),
    ],
)
def test_capitals_and_padding_do_not_matter(encoding: Encoding, text: bytes) -> None:
    assert decoded(text, encoding) == b"fo\xc3\xb6"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        (Encoding.HEX, b"0"),
        (Encoding.HEX, b"0g"),
        (Encoding.HEX, b" 00"),
        (Encoding.BASE64, b"Zm_D"),
        (Encoding.BASE64, b"Zm 9v"),
        (Encoding.BASE64, b"Z"),
        (Encoding.BASE64, b"\xff"),
        (Encoding.BASE64URL, b"Zm/D"),
        (Encoding.BASE64URL, b"Zm+D"),
    ],
)
def test_what_is_written_otherwise_is_none(encoding: Encoding, text: bytes) -> None:
    assert decoded(text, encoding) is None
