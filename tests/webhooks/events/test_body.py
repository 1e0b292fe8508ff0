"""What a body is read as, whatever its content type says."""

import json
from typing import Any

import pytest

from webhooks.events.body import read_body
from webhooks.signatures.forms import MOST_FIELDS

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "raw", "read"),
    [
        ("application/json", b'{"id": 1}', {"id": 1}),
        ("application/json; charset=utf-8", b'["a"]', ["a"]),
        ("application/vnd.api+json", b'"text"', "text"),
        ("text/plain", b' {"Type": "Notification"}', {"Type": "Notification"}),
        ("", b'{"id": 1}', {"id": 1}),
        ("application/json", b"\xef\xbb\xbf[1]", [1]),
        ("application/json", b"", None),
        ("application/json", None, None),
        ("application/json", b"{broken", "{broken"),
        ("application/json", b'{"n": NaN}', '{"n": NaN}'),
        ("application/json", b'{"a\xff": 1}', {"a\ufffd": 1}),
        ("text/xml", b"<paid>5</paid>", "<paid>5</paid>"),
        ("application/soap+xml; charset=iso-8859-1", b"<a>\xe9</a>", "<a>\xe9</a>"),
        ("text/plain; charset=punycode", b"abc-", "abc-"),
        ("text/plain; charset*=none''x", b"plain", "plain"),
        ("text/plain", b"a\x00\xff", "a\ufffd\ufffd"),
        ("application/octet-stream", b"plain", "plain"),
        ("application/octet-stream", b"\x00\x01", None),
        ("image/png", b"\x89PNG\xff", None),
    ],
)
def test_it_reads_a_body(content_type: str, raw: bytes | None, read: Any) -> None:
    assert read_body(content_type, raw) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"a\u0000b"', "a\ufffdb"),
        (r'"a\\u0000b"', r"a\u0000b"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud83d!"', "\ufffd!"),
        (r'"\ude00\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\\\u0000"', "\\\ufffd"),
    ],
)
def test_it_mends_what_cannot_be_stored(written: str, read: str) -> None:
    assert read_body("application/json", f'{{"a": {written}}}'.encode()) == {"a": read}


def test_it_reads_what_is_nested_too_deeply_as_a_text() -> None:
    deep = b"[" * 500 + b"]" * 500
    assert read_body("application/json", deep) == deep.decode()


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"From=%2B49&Body=hi+there&Empty=", {"From": "+49", "Body": "hi there", "Empty": ""}),
        (b"to=a&to=b", {"to": ["a", "b"]}),
        (b"nul=%00&bad=%FF", {"nul": "\ufffd", "bad": "\ufffd"}),
        (b"payload=%7B%22action%22%3A%22opened%22%7D", {"payload": {"action": "opened"}}),
        (b"payload=%7Bbroken", {"payload": "{broken"}),
        (b"Body=%5B1%5D&From=x", {"Body": "[1]", "From": "x"}),
        (b'{"sent": "by curl -d"}', {"sent": "by curl -d"}),
        (b"[0]=a", {"[0]": "a"}),
    ],
)
def test_it_reads_a_form(raw: bytes, read: Any) -> None:
    assert read_body(FORM, raw) == read


def test_it_leaves_a_form_of_too_many_fields_a_text() -> None:
    raw = b"&".join(b"a%d=1" % number for number in range(MOST_FIELDS + 1))
    assert read_body(FORM, raw) == raw.decode()


def multipart(*parts: bytes) -> bytes:
    return b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--edge--\r\n"


def test_it_reads_the_fields_of_a_multipart_without_its_files() -> None:
    raw = multipart(
        b'name="to"\r\n\r\na@acme.example',
        b'name="to"\r\n\r\nb@acme.example',
        b'name="file"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF',
    )
    assert read_body("Multipart/Form-Data; boundary=edge", raw) == {"to": ["a@acme.example", "b@acme.example"]}


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=\xe9"])
def test_it_reads_nothing_of_a_multipart_without_its_boundary(content_type: str) -> None:
    assert read_body(content_type, multipart(b'name="a"\r\n\r\n1')) is None


def test_it_reads_a_million_keys() -> None:
    many = {str(number): number for number in range(1_000_000)}
    assert read_body("application/json", json.dumps(many).encode()) == many
