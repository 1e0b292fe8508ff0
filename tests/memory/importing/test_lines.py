import pytest

from memory.importing import lines
from memory.importing.lines import BOM, Line, lines_from


def cut(*parts: bytes) -> list[bytes | None]:
    return [line.text for line in lines_from(parts, line=0, position=0)]


def test_it_numbers_lines_and_says_where_they_end() -> None:
    assert list(lines_from([b"one\ntwo\n"], line=0, position=0)) == [Line(1, 4, b"one"), Line(2, 8, b"two")]


def test_it_goes_on_from_where_it_stopped() -> None:
    assert list(lines_from([b"three\n"], line=2, position=8)) == [Line(3, 14, b"three")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_it_does_not_matter_how_the_bytes_come(size: int) -> None:
    whole = b"one\n\ntwo\r\nthree"
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert list(lines_from(parts, line=0, position=0)) == [
        Line(1, 4, b"one"),
        Line(2, 5, b""),
        Line(3, 10, b"two\r"),
        Line(4, 15, b"three"),
    ]


def test_it_leaves_out_a_byte_order_mark_at_the_beginning_alone() -> None:
    assert cut(BOM + b"one\n" + BOM + b"two\n") == [b"one", BOM + b"two"]


def test_it_finds_nothing_in_nothing() -> None:
    assert cut() == []
    assert cut(b"") == []


@pytest.mark.parametrize("size", [1, 5, 64])
def test_it_passes_over_a_line_that_is_too_long_and_keeps_none_of_it(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(lines, "LONGEST_IMPORT_LINE_BYTES", 10)
    whole = b"one\n" + b"x" * 11 + b"\n" + b"y" * 10 + b"\n" + b"z" * 40
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    found = list(lines_from(parts, line=0, position=0))
    assert [line.text for line in found] == [b"one", None, b"y" * 10, None]
    assert [line.end for line in found] == [4, 16, 27, 67]


def test_it_takes_other_line_ends_for_letters() -> None:
    """JSON may hold them: only a line feed ends a line."""
    text = '{"content": "a\u2028b\u0085c"}'.encode()
    assert cut(text + b"\n") == [text]
