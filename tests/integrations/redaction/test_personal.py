"""Personal data in text: what each detector takes for one, and what it leaves alone."""

from collections.abc import Callable
from typing import TypeVar

import phonenumbers
import pytest
from stdnum import iban

from integrations.redaction.personal import DETECTORS, personal
from integrations.redaction.policy import compiled
from integrations.redaction.rules import Action, Rules
from integrations.redaction.stream import StreamRedactor
from integrations.redaction.text import redact_text
from integrations.redaction.values import redact

T = TypeVar("T")
KINDS = {one.kind: Action.MASK for found in DETECTORS.values() for one in found}
RULES = Rules(personal=KINDS, families=(personal(),))
PHONES = "integrations.redaction.personal.phones"
ONE = {word: Rules(personal=KINDS, families=(personal((word,)),)) for word in DETECTORS}
KEPT = [
    *(
        "icon@2x.png",
        "git@github.com:a/b",
        "postgres://u@db.example.com/x",
        "bob@localhost",
        "a@b.c1",
        "x@@example.com",
    ),
    *("2026-11-20", "20.11.2026", "1763633472", "1763633472123", "52.520008, 13.404954", "3.14159265358979"),
    *("order 202-555-0143", "order 4111111111111111", "4111111111111112", "SKU 123-45-6789", "978-3-16-148410-0"),
    *("1,234,567", "0,4111111111111111", "123,4111111111111111", "1.2.3.4,5", "a.css%40x.png", "git%40github.com"),
    *("v1.2.3.4", "version 1.2.3.4", "pkg==1.2.3.4", "1.2.3.4", "Chrome/120.0.0.0", "255.255.255.0", "127.0.0.1"),
    *("169.254.169.254", "1.2.3.4.5", "1.2.3.4-beta", "300.1.2.3", "10:11:12", "std::vector", "ab::cd", "::1"),
    *("::ffff:127.0.0.1", "ffff 1.2.3.4", "lib::ffff 1.2.3.4"),
    *("aa:bb:cc:dd:ee:ff:00:11", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "+5 items 1234567", "$12,345,678.00"),
    *("DE89 3704 0044 0532 0130 01", "12345678A", "Message-ID: <a.b@mail.example.com>", "sip:100@pbx.example.com"),
]
MASKED = [
    ("Ada <ada.l+x@mail.example.co.uk>, hi", "Ada <[redacted:email]>, hi"),
    ("https://x.com/?email=ada%40example.org&x=1", "https://x.com/?email=[redacted:email]&x=1"),
    ("https://x.com?email=ada%40example.org", "https://x.com?email=[redacted:email]"),
    ("?to=%3Cada%40example.org%3E&x=1", "?to=%3C[redacted:email]%3E&x=1"),
    ("4111111111111111,4242424242424242", "[redacted:card],[redacted:card]"),
    ("4111 1111 1111 1111,4242 4242 4242 4242", "[redacted:card],[redacted:card]"),
    ("Ada,4111111111111111,2026", "Ada,[redacted:card],2026"),
    ("ada@bücher.example.", "[redacted:email]."),
    ("call 555-0143 now", "call [redacted:phone] now"),
    ("(202) 555-0143", "[redacted:phone]"),
    ("+44 7700 900123", "[redacted:phone]"),
    ("0044 20 7946 0958", "[redacted:phone]"),
    ("tel: 030/901820", "tel: [redacted:phone]"),
    ("4111 1111 1111 1111", "[redacted:card]"),
    ("3782 822463 10005", "[redacted:card]"),
    ("card 4222222222222", "card [redacted:card]"),
    ("DE89 3704 0044 0532 0130 00 BIC", "[redacted:iban] BIC"),
    ("078-05-1120", "[redacted:ssn]"),
    ("ssn 123456789", "ssn [redacted:ssn]"),
    ("RSSMRA85T10A562S", "[redacted:national-id]"),
    ("NHS 943 476 5919 ok", "NHS [redacted:national-id] ok"),
    ("http://192.0.2.7:80/", "http://[redacted:ip]:80/"),
    ("from 8.8.8.8", "from [redacted:ip]"),
    ("ip 1.1.1.1", "ip [redacted:ip]"),
    ("[2001:db8::1]:443", "[[redacted:ip]]:443"),
    ("::ffff:1.2.3.4", "::ffff:[redacted:ip]"),
    ("[0:0:0:0:0:FFFF:1.2.3.4]:443", "[0:0:0:0:0:FFFF:[redacted:ip]]:443"),
]


@pytest.mark.parametrize("text", KEPT)
def test_it_leaves_alone_what_only_looks_like_it(text: str) -> None:
    assert redact_text(text, rules=RULES) == text


@pytest.mark.parametrize(("text", "masked"), MASKED, ids=[text for text, _ in MASKED])
def test_it_masks_personal_data(text: str, masked: str) -> None:
    assert redact_text(text, rules=RULES) == masked


@pytest.mark.parametrize(("text", "masked"), MASKED, ids=[text for text, _ in MASKED])
def test_it_masks_it_letter_by_letter_too(text: str, masked: str) -> None:
    redactor = StreamRedactor(rules=RULES)
    assert "".join([redactor.feed(letter) for letter in f"so {text} "]) + redactor.finish() == f"so {masked} "


def test_it_lets_the_name_of_a_field_decide() -> None:
    value = {"phone": "2025550143", "order_id": "2025550143", "card": 4111111111111111, "offset": 4111111111111111}
    assert redact(value, rules=RULES).value == {
        "phone": "[redacted:phone]",
        "order_id": "2025550143",
        "card": "[redacted:card]",
        "offset": 4111111111111111,
    }


def test_it_looks_for_what_the_rules_name_only() -> None:
    rules = compiled({"stored": {"email": "keep"}}).stored
    assert redact_text("a@example.com, 192.0.2.1", rules=rules) == "a@example.com, [redacted:ip]"


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1-", "1.", "a@", "a.", "@a.", ":", "1:", "+1", "DE12 ", "A1", "(1", "12-"]
)
def test_it_gets_through_any_text(piece: str) -> None:
    redact_text(piece * (60_000 // len(piece)), rules=RULES)


def counted(ask: Callable[..., T], asked: list[str]) -> Callable[..., T]:
    """The same function, which notes what it is asked about."""

    def ask_and_note(about: object, *args: object, **kwargs: object) -> T:
        asked.append(str(about))
        return ask(about, *args, **kwargs)

    return ask_and_note


@pytest.mark.parametrize(
    ("text", "masked", "questions"),
    [
        ("DE89 3704 0044 " * 100, "DE89 3704 0044 " * 100, []),
        ("XX89 3704 0044 0532 0130 00", "XX89 3704 0044 0532 0130 00", []),
        ("DE89 3704 0044 0532 0130 00 ABCD", "[redacted:iban] ABCD", ["DE89 3704 0044 0532 0130 00"]),
        ("de89370400440532013000", "[redacted:iban]", ["de89370400440532013000"]),
    ],
)
def test_it_reckons_the_check_digits_of_what_has_its_countrys_length(
    text: str, masked: str, questions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(iban, "is_valid", counted(iban.is_valid, asked))
    assert redact_text(text, rules=ONE["iban"]) == masked
    assert asked == questions


@pytest.mark.parametrize(
    ("text", "masked", "parsed", "validated"),
    [
        ("+49 30 9018 " * 100, "[redacted:phone] " * 100, 100, 0),
        ("+493090182000", "[redacted:phone]", 1, 1),
        ("+49 30 (9018 20", "+49 30 (9018 20", 0, 0),
        ("tel 1234567890123456", "tel 1234567890123456", 0, 0),
    ],
)
def test_it_asks_a_numbering_plan_what_length_and_brackets_leave_open(
    text: str, masked: str, parsed: int, validated: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parses: list[str] = []
    validations: list[str] = []
    monkeypatch.setattr(f"{PHONES}.parse", counted(phonenumbers.parse, parses))
    monkeypatch.setattr(f"{PHONES}.is_valid_number", counted(phonenumbers.is_valid_number, validations))
    assert redact_text(text, rules=ONE["phone"]) == masked
    assert (len(parses), len(validations)) == (parsed, validated)
