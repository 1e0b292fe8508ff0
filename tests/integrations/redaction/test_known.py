"""Secrets whose values are known, in the forms in which they travel."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from django.utils.html import escape

from integrations.redaction import KnownSecrets, redact_text
from integrations.redaction.rules import rules_of

NOTHING_ELSE = rules_of(frozenset())
SECRET = "pä55 w/ord+q"


def masked(text: str, *values: str) -> str:
    return redact_text(text, secrets=KnownSecrets(values), rules=NOTHING_ELSE)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_it_masks_every_form(form: str) -> None:
    assert masked(f"<{form}>", SECRET) == "<[redacted:secret]>"


ODD = "a<b>&'c\"d/e+f é%"


@pytest.mark.parametrize(
    "form",
    [
        *(quote(ODD), quote(ODD, safe=""), quote(ODD, safe="").replace("%C3%A9", "%c3%a9").lower(), quote_plus(ODD)),
        *(quote(ODD, safe="!'()*"), quote(quote(ODD, safe=""), safe="")),
        *(json.dumps(ODD)[1:-1], json.dumps(ODD, ensure_ascii=False)[1:-1], json.dumps(json.dumps(ODD)[1:-1])[1:-1]),
        json.dumps(ODD)[1:-1].replace("/", "\\/"),
        json.dumps(ODD)[1:-1].replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026"),
        *(html.escape(ODD), html.escape(ODD, quote=False), escape(ODD), html.escape(ODD).replace("&#x27;", "&#039;")),
    ],
)
def test_it_masks_it_as_urls_json_and_html_write_it(form: str) -> None:
    assert masked(f"({form})", ODD) == "([redacted:secret])"


@pytest.mark.parametrize("user", ["", "a", "ab", "abc", "abcd"])
@pytest.mark.parametrize("after", ["", "!", "!!", "!!!"])
def test_it_masks_it_within_what_was_encoded_with_it(user: str, after: str) -> None:
    encoded = base64.b64encode(f"{user}:hunter2-hunter2{after}".encode()).decode()
    shown = masked(f"Basic {encoded}", "hunter2-hunter2")
    assert "[redacted:secret]" in shown
    assert len(shown) - len("Basic [redacted:secret]") < len(encoded) - 16


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("id 812345", "id 812345"),
        ("pin 1234.", "pin [redacted:secret]."),
        ("1234", "[redacted:secret]"),
        ("MTIzNA==", "MTIzNA=="),
        ("123", "123"),
    ],
)
def test_it_masks_short_values_where_they_stand_alone(text: str, shown: str) -> None:
    assert masked(text, "1234", "123") == shown


def test_it_masks_the_longer_of_two_that_begin_alike() -> None:
    assert masked("x secret-one-two y secret-one", "secret-one", "secret-one-two") == (
        "x [redacted:secret] y [redacted:secret]"
    )


def test_it_finds_one_of_very_many() -> None:
    values = [f"value-{number:05}-value" for number in range(2_000)]
    assert masked("it is value-01234-value.", *values) == "it is [redacted:secret]."


def test_it_is_nothing_without_values() -> None:
    assert not KnownSecrets(["", "abc"])
    assert KnownSecrets().longest == 0
    assert not KnownSecrets().is_one(7)
