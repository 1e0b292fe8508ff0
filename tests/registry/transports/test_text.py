import pytest

from registry.transports.text import decoder, is_text, read_text, storable


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Zo\u00eb".encode(), "utf-8", "Zo\u00eb"),
        (b"Zo\xeb", "iso-8859-1", "Zo\u00eb"),
        (b"\x80", "windows-1252", "\u20ac"),
        ("\u65e5".encode("shift_jis"), "Shift_JIS", "\u65e5"),
        ("Zo\u00eb".encode("utf-16"), "utf-16", "Zo\u00eb"),
        (b"\xff\x00a", "utf-8", "\ufffd\ufffda"),
        (b"plain", "no such thing", "plain"),
        (b"plain", "nul\x00", "plain"),
    ],
)
def test_it_reads_the_character_sets_of_the_web(body: bytes, charset: str, text: str) -> None:
    assert read_text(body, charset) == text


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "zlib", "base64", "rot13", "punycode", "undefined"])
def test_it_does_with_text_nothing_else_that_python_knows(charset: str) -> None:
    assert read_text(b"+2AA- \\ud800 x", charset) == "+2AA- \\ud800 x"


@pytest.mark.parametrize(
    "media_type",
    [
        *("", "text/csv", "application/x-ndjson", "application/jsonl", "application/x-www-form-urlencoded"),
        *("application/yaml", "application/x-yaml", "application/javascript", "application/sql"),
        *("application/graphql", "application/toml", "application/x-sh", "application/xml"),
        *("application/vnd.api+json", "application/atom+xml", "application/openapi+yaml"),
    ],
)
def test_it_knows_text_by_its_media_type(media_type: str) -> None:
    assert is_text(media_type)


@pytest.mark.parametrize("media_type", ["application/octet-stream", "application/pdf", "image/png", "audio/ogg"])
def test_it_takes_nothing_else_for_text(media_type: str) -> None:
    assert not is_text(media_type)


def test_it_leaves_nothing_that_cannot_be_stored() -> None:
    assert storable("a\x00b\ud800c\udfff") == "a\ufffdb\ufffdc\ufffd"


def test_it_reads_letters_that_come_in_two_pieces() -> None:
    reader = decoder("utf-8")
    assert [reader.decode(b"Zo\xc3"), reader.decode(b"\xab", final=True)] == ["Zo", "\u00eb"]
