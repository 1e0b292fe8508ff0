"""Forms, byte for byte."""

import pytest

from webhooks.signatures.forms import MOST_FIELDS, multipart, url_encoded

TYPE = "multipart/form-data; boundary=b"


def part(disposition: str, content: bytes) -> bytes:
    return b"--b\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content + b"\r\n"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (b"a=1&b=&a=2", ((b"a", b"1"), (b"b", b""), (b"a", b"2"))),
        (b"a+b=%C3%A9+%ff", ((b"a b", b"\xc3\xa9 \xff"),)),
        ("é=ü".encode(), (("é".encode(), "ü".encode()),)),
        (b"\xff%00=\x00", ((b"\xff\x00", b"\x00"),)),
        (b"", ()),
        (b"alone", ((b"alone", b""),)),
    ],
)
def test_it_keeps_every_byte(text: bytes, fields: tuple[tuple[bytes, bytes], ...]) -> None:
    assert url_encoded(text) == fields


def test_it_reads_no_more_fields_than_anybody_sends() -> None:
    assert len(url_encoded(b"&".join([b"a=1"] * MOST_FIELDS))) == MOST_FIELDS
    assert url_encoded(b"&".join([b"a=1"] * (MOST_FIELDS + 1))) == ()


def test_it_reads_the_fields_of_a_form_with_files() -> None:
    file = part('name="file"; filename="a.txt"', b"x" * 100)
    body = part('name="token"', b"t-1") + file + part('name="a"', "é".encode()) + b"--b--\r\n"
    assert multipart(TYPE, body) == ((b"token", b"t-1"), (b"a", "é".encode()))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (TYPE, b""),
        (TYPE, b"nonsense"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=" + "x" * 500, b"--b--"),
        (TYPE, part('name="a"', b"1") * (MOST_FIELDS + 1) + b"--b--\r\n"),
        ("multipart/form-data; boundary=é", b"--b--"),
    ],
)
def test_a_broken_form_has_no_fields(content_type: str, body: bytes) -> None:
    assert multipart(content_type, body) == ()
