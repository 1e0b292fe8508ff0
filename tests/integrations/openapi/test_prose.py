import pytest

from integrations.openapi.prose import joined, plain, shortened


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Sends a **bold** move.", "Sends a bold move."),
        ("See [the guide](https://docs.example.com/a) first.", "See the guide first."),
        ("<p>Lists <code>parcels</code>.</p><br/>", "Lists parcels."),
        ("The parameter *is_flexible* of *Note: all", "The parameter is_flexible of *Note: all"),
        ("# Title\n\n* one\n* two", "Title one two"),
        ("Use `id` &amp; *name* now.", "Use id & name now."),
        ("Code:\n```\nrm -rf\n```\nEnd", "Code: End"),
        ("a snake_case_name stays", "a snake_case_name stays"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b | | 1 | 2 |"),
        (None, ""),
        (7, ""),
    ],
)
def test_it_takes_the_markup_out(written: object, told: str) -> None:
    assert plain(written, 200) == told


def test_it_keeps_whole_sentences_as_far_as_they_fit() -> None:
    assert plain("First one. Second one. Third one is longer.", 25) == "First one. Second one."


def test_it_cuts_a_long_first_sentence_at_a_word() -> None:
    assert plain("This sentence goes on and on without an end", 20) == "This sentence goes…"


def test_it_takes_an_abbreviation_for_no_end_of_a_sentence() -> None:
    assert shortened("Dates, e.g. 2024. The rest is long.", 20) == "Dates, e.g. 2024."


def test_it_says_nothing_where_no_words_are_wanted() -> None:
    assert plain("Something.", 0) == ""


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        (("List parcels", "Returns all of them."), "List parcels. Returns all of them."),
        (("List parcels", "Lists the parcels of a tenant."), "Lists the parcels of a tenant."),
        (("", "Only this"), "Only this."),
        (("Wait!", ""), "Wait!"),
    ],
)
def test_it_joins_what_says_different_things(parts: tuple[str, ...], told: str) -> None:
    assert joined(*parts) == told


def test_it_reads_hostile_markup_in_linear_time() -> None:
    for piece in ("<a ", "[[", "](", "**_", "```", "![", "<!--", "&lt;"):
        assert len(plain(piece * 100_000, 100)) <= 100
