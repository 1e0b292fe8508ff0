from typing import Any

import pytest

from integrations.documents import DEEPEST, BadDocument, read_document

LAUGHS = b"a0: &a0 [x, x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 10)) for level in range(1, 30)
)
MERGES = b"a0: &a0 {x: 1}\n" + b"".join(
    b"a%d: &a%d {<<: [%s], k%d: 1}\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 10), level)
    for level in range(1, 30)
)


KEYS = b"a: &a {" + b", ".join(b"k%d: 1" % number for number in range(20_000)) + b"}\n"
CHAIN = (
    b"a: [[&n0 {k: 1}, " + b", ".join(b"&n%d {<<: *n%d}" % (n, n - 1) for n in range(1, 3_000)) + b"]]\nb: {<<: *n2999}"
)


@pytest.mark.parametrize(
    ("document", "value"),
    [
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (b"\xef\xbb\xbfa: 1", {"a": 1}),
        (b"on: no\nyes: 2024-01-01", {"on": "no", "yes": "2024-01-01"}),
        (b"200: ok\ntrue: 1\n1.5: x", {"200": "ok", "true": 1, "1.5": "x"}),
        (b"[0755, 1e3, ~, 0x1F, .inf]", [755, 1000.0, None, "0x1F", ".inf"]),
        (b"a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        (b"a: 1e999", {"a": "1e999"}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b"a: " + b"9" * 5000, {"a": "9" * 5000}),
        (b"a: !!str 1", {"a": "1"}),
        (b"", None),
    ],
)
def test_it_reads_what_json_can_say(document: bytes, value: Any) -> None:
    assert read_document(document) == value


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"a: b: c", "from line 1, column 5 on: mapping values are not allowed"),
        (b"--- 1\n--- 2\n", "found another document"),
        (b"!!python/object:os.system x", "a tag may not stand here: tag:yaml.org,2002:python/object:os.system"),
        (b"a: !!binary aGVsbG8=", "a tag may not stand here"),
        (b"a: !!set {x}", "a tag may not stand here"),
        (b"a: !!int x", "this is no number"),
        (b"a: !!map x", "there should be a mapping here"),
        (b"? [a]\n: 1", "a key has to be a text"),
        (b"a: &a [*a]", "an alias"),
        (b"PK\x03\x04", "This is a zip archive."),
        (b"\n<html>", "This is XML or HTML."),
        (b"\xff\xfe", "no UTF-8 text"),
        (b"a: \x00", "U+0000"),
        (b"a: \x01", "neither YAML nor JSON"),
        (LAUGHS, "more than 3,000,000 values"),
        (MERGES, "more than 3,000,000 values"),
        (KEYS + b"b:\n" + b"- <<: *a\n" * 2_000, "more than 3,000,000 values"),
        (KEYS + b"b: {<<: [" + b"*a," * 20_000 + b"]}", "more than 3,000,000 values"),
        (CHAIN, "merges (`<<`) what merges, too often"),
        (b"[" * 200_000, f"nested more than {DEEPEST} deep"),
        (b"- " * 100_000, f"nested more than {DEEPEST} deep"),
        (b"[" * 900 + b"]" * 900, f"nested more than {DEEPEST} deep"),
    ],
)
def test_it_refuses_the_rest_with_a_sentence(document: bytes, sentence: str) -> None:
    with pytest.raises(BadDocument) as refused:
        read_document(document)
    assert sentence in str(refused.value)


def test_it_refuses_what_is_too_large_unread() -> None:
    with pytest.raises(BadDocument, match="larger than 10 bytes"):
        read_document(b"[" * 11, largest_bytes=10)
