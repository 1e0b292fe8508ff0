import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from memory.models import Memory
from memory.search.words import Question, any_of, matches, read_question
from tests.memory.search.rows import remember

CONTENTS = ["the red fox", "a red hen", "the quick fox runs", "blue whale", "it's a C:\\path", "don't"]


@pytest.mark.parametrize(
    ("text", "lexemes"),
    [
        ("What did the foxes plan?", {"fox", "plan"}),
        ("who are you", set()),
        ("error LKS-4021", {"error", "lks", "-4021"}),
        ("it's C:\\path & | ! ( ) <-> 'quoted'", {"c", "path", "quot"}),
    ],
)
def test_it_takes_the_stems_of_the_words(db: None, text: str, lexemes: set[str]) -> None:
    read = read_question(text)
    assert (set(read.lexemes), read.required) == (lexemes, "")


def test_it_keeps_the_longest_of_too_many_words(db: None) -> None:
    words = [chr(97 + number // 26) + chr(97 + number % 26) + "q" * (number % 7) for number in range(60)]
    lexemes = read_question(" ".join(words)).lexemes
    assert len(lexemes) == 32
    assert min(map(len, lexemes)) >= 5


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("red fox", ["the red fox", "a red hen", "the quick fox runs"]),
        ('"red fox"', ["the red fox"]),
        ('"red fox" hen', ["the red fox"]),
        ("red -hen", ["the red fox"]),
        ("fox -quick", ["the red fox"]),
        ('fox -"quick fox"', ["the red fox"]),
        ("red well-known -5", ["the red fox", "a red hen"]),
    ],
)
def test_it_finds_any_of_the_words_and_keeps_to_the_signs(acme: Tenant, text: str, found: list[str]) -> None:
    with within(acme.id):
        for content in CONTENTS:
            remember(acme, content)
        question = read_question(text)
        rows = Memory.objects.filter(matches(any_of(question.lexemes)))
        if question.required:
            rows = rows.filter(matches(question.required))
        assert [memory.content for memory in rows.order_by("id")] == found


def test_it_quotes_what_means_something_to_full_text(acme: Tenant) -> None:
    odd = ["it's", "a\\b", "x | y", "!z", "'"]
    with within(acme.id):
        assert not Memory.objects.filter(matches(any_of(odd))).exists()
    assert any_of(odd) == "'it''s' | 'a\\\\b' | 'x | y' | '!z' | ''''"


def test_it_asks_nothing_of_signs_without_words(db: None) -> None:
    assert read_question('"" - -- -"the"') == Question((), "")
