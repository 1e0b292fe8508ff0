"""The vectors are stored, so that what stands here holds for ever."""

from hashlib import sha256

import pytest

from integrations.embedding.lexical_hash import LONGEST_TEXT, vector_of, words_of
from tests.integrations.embedding.texts import nearness


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        ("", "e162cc6f28b0dcee12ddc36aeeef5cf47dadcc542625cf8e62c9b9d3dce44eaa"),
        ("The quick brown fox", "ce00985944e12e7c3557b3093357254411678bbe6c42100d586c78f9858e7580"),
        ("Ünïcode 東京 42", "863aaeb086bd8362b850d8a1612bf6a93cc530b6104b9e12e864bd25ff291439"),
    ],
)
def test_it_makes_the_vectors_that_it_has_always_made(text: str, digest: str) -> None:
    written = ",".join(f"{value:.9f}" for value in vector_of(text))
    assert sha256(written.encode()).hexdigest() == digest


def test_it_reads_words_without_case_accents_and_signs() -> None:
    assert words_of("Ada's Café—STRAẞE, n°42_b") == ["ada", "s", "cafe", "strasse", "n", "42", "b"]
    assert words_of("हिन्दी \t ﬁnd 東京") == ["हिनदी", "find", "東京"]
    assert words_of(" … ") == []


def test_it_finds_texts_near_that_share_words() -> None:
    text = "The customer prefers email over phone"
    assert nearness(vector_of(text), vector_of("Ada prefers e-mail to phone calls")) == pytest.approx(0.441, abs=0.001)
    assert nearness(vector_of(text), vector_of("Invoices are due in 30 days")) == pytest.approx(0.025, abs=0.001)


def test_it_finds_texts_near_that_share_parts_of_words() -> None:
    assert nearness(vector_of("quick foxes"), vector_of("the quickest fox")) > 0.2
    assert nearness(vector_of("Привет мир"), vector_of("привет, миру")) > 0.5
    assert nearness(vector_of("日本語のテキスト"), vector_of("日本語の文章")) > 0.1


def test_it_counts_a_word_that_comes_often_more_but_not_as_often() -> None:
    once, often = vector_of("apple pear"), vector_of("apple " * 50 + "pear")
    assert nearness(once, vector_of("apple")) < nearness(often, vector_of("apple")) < 1.0


def test_it_reads_no_further_than_its_longest_text() -> None:
    text = "apple " * (LONGEST_TEXT // 6) + "ab"
    assert len(text) == LONGEST_TEXT
    assert vector_of(text + " never read") == vector_of(text)


def test_it_does_not_mind_half_a_surrogate_pair() -> None:
    assert vector_of("broken \ud83d text") == vector_of("broken text")


def test_texts_without_words_have_the_same_vector() -> None:
    assert vector_of("…") == vector_of("")
    assert nearness(vector_of(""), vector_of("words")) == 0.0
