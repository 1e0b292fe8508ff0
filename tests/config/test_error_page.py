import pytest
from django.test import Client

from config.error_page import Code, codes, error_classes, marked_up


def code(word: str) -> Code:
    (found,) = [each for each in codes() if each.code == word]
    return found


def test_it_needs_no_login(client: Client) -> None:
    answer = client.get("/docs/errors")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"


def test_it_has_a_place_for_every_code_that_a_problem_names(client: Client) -> None:
    page = client.get("/docs/errors").content.decode()
    for kind in error_classes():
        assert page.count(f'id="{kind.code}"') == 1


def test_it_says_the_status_and_what_to_do() -> None:
    assert code("not_found").status == 404
    assert "There is nothing at this address. Check the id or slug." in [
        meaning.sentence for meaning in code("not_found").meanings
    ]


def test_it_says_which_meanings_of_a_code_may_pass() -> None:
    meanings = {meaning.sentence[:20]: meaning.may_pass for meaning in code("internal_error").meanings}
    assert meanings == {"Something broke on o": True, "A sealed value canno": False}


def test_it_shows_code_as_code_and_escapes_the_rest() -> None:
    assert marked_up('Not <b>bold</b>. Send `{"a": 1}`.') == (
        "Not &lt;b&gt;bold&lt;/b&gt;. Send <code>{&quot;a&quot;: 1}</code>."
    )


def test_it_is_only_read(client: Client) -> None:
    assert client.post("/docs/errors").status_code == 405


@pytest.mark.parametrize("way", ["get", "head"])
def test_it_asks_no_database(client: Client, way: str) -> None:
    assert getattr(client, way)("/docs/errors").status_code == 200
