"""Secrets whose values are known, in the forms in which they travel."""

import base64
import html
import json
import threading
from urllib.parse import quote, quote_plus

import pytest
from django.utils.html import escape

from integrations.redaction import KnownSecrets, StreamRedactor, redact_text
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


LONG = "".join(f"{number:05x}" for number in range(2_000))


@pytest.mark.parametrize("value", [LONG[:4_095], LONG[:4_096], LONG[:4_097], LONG])
def test_it_masks_a_long_one(value: str) -> None:
    both = f"<{value}> <{value.encode().hex()}>"
    assert masked(both, value) == "<[redacted:secret]> <[redacted:secret]>"


def test_it_leaves_what_only_begins_like_a_long_one() -> None:
    other = f"{LONG[:5_000]}."
    assert masked(other, LONG) == other


def test_it_masks_two_long_ones_that_begin_alike() -> None:
    ada, bob = LONG, f"{LONG[:5_000]}bob"
    assert masked(f"<{ada}> <{bob}>", ada, bob) == "<[redacted:secret]> <[redacted:secret]>"


def test_a_long_one_may_arrive_in_pieces() -> None:
    redactor = StreamRedactor(secrets=KnownSecrets([LONG]), rules=NOTHING_ELSE)
    told = redactor.feed(f"<{LONG[:6_000]}") + redactor.feed(f"{LONG[6_000:]}>") + redactor.finish()
    assert told == "<[redacted:secret]>"


def test_a_long_one_does_without_much_stack() -> None:
    """Where the stack runs out the process ends, without a word: here with the least that systems give a thread."""
    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=masked, args=("nothing", LONG * 20))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
