"""Text from outside: in the character sets of the web and no other, and nothing in it that cannot be stored."""

import codecs
import re

# Python knows more: some unpack, some execute escapes, some make half surrogate pairs.
_CHARSETS = frozenset(
    (
        *("utf-8", "ascii", "iso8859-1", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"),
        *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
        *(f"cp125{part}" for part in range(9)),
        *("shift_jis", "cp932", "euc_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr"),
    )
)
# `text/…` is text by its name; so is what ends in one of these: `image/svg+xml`, `application/openapi+yaml`.
_TEXT_SUFFIXES = ("+json", "+json-seq", "+xml", "+yaml")
_TEXT_TYPES = frozenset(
    f"application/{name}"
    for name in (
        *("json", "json5", "json-seq", "ndjson", "x-ndjson", "jsonl", "x-jsonl", "jsonlines", "x-jsonlines"),
        *("xml", "xml-dtd", "yaml", "x-yaml", "toml", "x-toml", "csv", "x-www-form-urlencoded", "mbox", "rtf"),
        *("javascript", "x-javascript", "ecmascript", "typescript", "x-typescript", "x-httpd-php"),
        *("sql", "x-sql", "graphql", "sparql-query", "n-triples", "n-quads", "trig", "x-sh", "x-shellscript"),
        *("x-pem-file", "pem-certificate-chain", "x-subrip", "x-tex", "x-latex", "vnd.apple.mpegurl"),
    )
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_text(media_type: str) -> bool:
    """Whether it is read as text, in which detectors see what it holds; what has no name is.

    The name decides and never the bytes: the same tool would give a string today and base64 tomorrow.
    """
    is_named_so = media_type.startswith("text/") or media_type.endswith(_TEXT_SUFFIXES)
    return not media_type or is_named_so or media_type in _TEXT_TYPES


def decoder(charset: str) -> codecs.IncrementalDecoder:
    """Reads bytes in pieces. What is no character is replaced; a character set of another kind is read as UTF-8."""
    try:
        known = codecs.lookup(charset).name
    except (LookupError, ValueError):
        known = ""
    return codecs.getincrementaldecoder(known if known in _CHARSETS else "utf-8")(errors="replace")


def read_text(body: bytes, charset: str) -> str:
    return storable(decoder(charset).decode(body, final=True))


def storable(text: str) -> str:
    """The text with U+FFFD for what PostgreSQL cannot store: U+0000 and half surrogate pairs."""
    return _UNSTORABLE.sub("\ufffd", text)
