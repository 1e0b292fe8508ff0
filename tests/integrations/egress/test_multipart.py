from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from integrations.egress.multipart import Part, encode_multipart


def read(parts: list[Part]) -> list[tuple[Any, str | None, str, Any]]:
    """Name, file name, media type and content of each part, as another library reads them."""
    body, media_type = encode_multipart(parts)
    message = message_from_bytes(b"Content-Type: " + media_type.encode() + b"\r\n\r\n" + body, policy=HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type() if part["Content-Type"] else "",
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


def test_it_writes_fields_and_files() -> None:
    parts = [Part("title", "Zoë".encode()), Part("file", b"\x00\r\n--x", "a b.bin", "application/octet-stream")]
    assert read(parts) == [
        ("title", None, "", "Zoë".encode()),
        ("file", "a b.bin", "application/octet-stream", b"\x00\r\n--x"),
    ]


def test_it_lets_no_name_break_out_of_its_line() -> None:
    body, _ = encode_multipart([Part('a"\r\nX-Evil: 1', b"", 'b"\r\n\r\n.txt')])
    assert b'name="a%22%0D%0AX-Evil: 1"; filename="b%22%0D%0A%0D%0A.txt"' in body


def test_it_shows_no_content_in_its_repr() -> None:
    assert "secret" not in repr(Part("file", b"secret"))
