"""The numbers are those that the model's own tokenizer makes of these texts (the library `tokenizers`, 0.23)."""

from pathlib import Path

import pytest

from integrations.embedding.minilm.files import find_files
from integrations.embedding.minilm.tokens import LONGEST_TEXT, MOST_TOKENS, Tokens, words_of
from tests.integrations.embedding.texts import needs_model

SMALL = Tokens(
    {name: number for number, name in enumerate(["[CLS]", "[SEP]", "[UNK]", "un", "##able", "##a", "[", "]", "sep"])}
)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens.read(find_files().vocabulary)


@needs_model
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", []),
        ("Hello, World!", [7592, 1010, 2088, 999]),
        ("This is an example sentence", [2023, 2003, 2019, 2742, 6251]),
        ("embeddings tokenization", [7861, 8270, 4667, 2015, 19204, 3989]),
        ("Ünïcode Straße CAFÉ don't", [27260, 2358, 27807, 7668, 2123, 1005, 1056]),
        ("日本語のテキスト", [1864, 1876, 1950, 1671, 30239, 30227, 30233, 30240]),
        ("ΟΔΟΣ", [1169, 29722, 29730, 29733]),
        ("a\u200bb\x00c\ufffdd\u2028e", [5925, 2094, 1041]),
        ("x" * 101 + " ok", [100, 7929]),
        (
            "foo_bar-baz/qux.py:42",
            [29379, 1035, 3347, 1011, 8670, 2480, 1013, 24209, 2595, 1012, 1052, 2100, 1024, 4413],
        ),
        ("€5 $6 🎉™", [1574, 2629, 1002, 1020, 100]),
    ],
)
def test_it_makes_the_numbers_that_the_model_was_taught_with(tokens: Tokens, text: str, numbers: list[int]) -> None:
    assert tokens.of(text) == [101, *numbers, 102]


@needs_model
def test_it_reads_256_tokens_and_no_more(tokens: Tokens) -> None:
    found = tokens.of("word " * 1_000)
    assert found == [101, *[2773] * (MOST_TOKENS - 2), 102]
    assert tokens.of("word " * 254) == found


def test_it_takes_the_longest_piece_that_fits() -> None:
    assert SMALL.of("unable una") == [0, 3, 4, 3, 5, 1]


def test_it_knows_no_word_that_has_a_gap() -> None:
    assert SMALL.of("unx") == [0, 2, 1]


def test_nobody_ends_a_text_by_writing_the_sign_for_its_end() -> None:
    assert SMALL.of("[SEP]") == [0, 6, 8, 7, 1]


def test_it_reads_no_further_than_its_longest_text() -> None:
    assert SMALL.of(" " * LONGEST_TEXT + "un") == [0, 1]


def test_it_reads_a_vocabulary_with_a_piece_a_line(tmp_path: Path) -> None:
    file = tmp_path / "vocab.txt"
    file.write_text("[CLS]\n[SEP]\n[UNK]\nun\n##do\n", encoding="utf-8")
    assert Tokens.read(file).of("undo") == [0, 3, 4, 1]


def test_it_makes_a_word_of_every_sign() -> None:
    assert list(words_of("Ada's «Café»—2.5%")) == ["ada", "'", "s", "«", "cafe", "»", "—", "2", ".", "5", "%"]
    assert list(words_of("東京 is\tbig\r\n")) == ["東", "京", "is", "big"]
