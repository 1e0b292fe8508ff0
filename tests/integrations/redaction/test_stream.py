"""Text that is redacted while it arrives: the same as redacted whole, nothing too early, nothing held without need."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.redaction import Rules, redact
from integrations.redaction.detectors import Pattern
from integrations.redaction.families import Family
from integrations.redaction.scan import WINDOW
from integrations.redaction.stream import StreamRedactor
from tests.integrations.redaction.test_formats import CLEAN, MIXED, PARTS, TOKENS

SECRETS = ("hunter2-the-second", "pa55", 'q"uo\nte/+ü', "abababab-abab")
SAMPLES = [*TOKENS.values(), *(text for text, _ in PARTS), *CLEAN]
SECRET_PATTERN = re.compile(r"#\d{2,6}")
GLUE = [
    "",
    " ",
    "\n",
    '"',
    "=",
    ":",
    ": ",
    "/",
    "-",
    "_",
    ".",
    ", ",
    "&",
    "@",
    "x",
    "sk-",
    "eyJ",
    "abab",
    "://",
    "pass",
]

pieces = st.one_of(
    st.sampled_from(SAMPLES),
    st.sampled_from(SECRETS),
    st.sampled_from(GLUE),
    st.builds(lambda text, end: text[:end], st.sampled_from([*SAMPLES, *SECRETS]), st.integers(1, 60)),
    st.text(max_size=20),
)
texts = st.lists(pieces, max_size=12).map("".join)


def streamed(text: str, cuts: list[int], secrets: tuple[str, ...] = SECRETS) -> str:
    redactor = StreamRedactor(secrets)
    ends = [*sorted(cuts), len(text)]
    chunks = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return "".join([redactor.feed(chunk) for chunk in chunks]) + redactor.finish()


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_it_gives_what_redacting_the_whole_gives(data: st.DataObject) -> None:
    text = data.draw(texts)
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    assert streamed(text, cuts) == redact(text, secrets=SECRETS).value


@settings(max_examples=60, deadline=None)
@given(texts)
def test_it_gives_the_same_letter_by_letter(text: str) -> None:
    assert streamed(text, list(range(len(text)))) == redact(text, secrets=SECRETS).value


@pytest.mark.parametrize(
    "text", ["Hello world, all is ", "a=1 & b=2, ", "the password is ", '{"max_tokens": 12, ', "日本語"]
)
def test_it_releases_ordinary_text_at_once(text: str) -> None:
    redactor = StreamRedactor(SECRETS)
    assert redactor.feed(text) == text


@pytest.mark.parametrize(
    ("chunk", "released"),
    [
        ("I must, s", "I must, "),
        ("what is a", "what is "),
        ("on my hunt", "on my "),
        ("see https://api", "see https://"),
        ("password=", "password="),
        ("password=hun", "password="),
        ("count=12", "count="),
        ("Authorization: Bearer ab", "Authorization: Bearer "),
        ("x -----BEGIN RSA PRIV", "x "),
        ("wow!", "wow!"),
    ],
)
def test_it_holds_back_what_may_become_a_secret_and_no_more(chunk: str, released: str) -> None:
    redactor = StreamRedactor(SECRETS)
    assert redactor.feed(chunk) == released
    assert released + redactor.finish() in (chunk, redact(chunk, secrets=SECRETS).value)


@pytest.mark.parametrize("name", TOKENS)
def test_it_holds_back_every_beginning_of_a_vendors_token(name: str) -> None:
    token = TOKENS[name]
    for end in range(1, len(token)):
        redactor = StreamRedactor()
        assert redactor.feed("so " + token[:end]) == "so "
        assert redactor.feed(token[end:] + " ") + redactor.finish() == redact(token + " ").value


@pytest.mark.parametrize(
    ("kind", "head", "body", "tail"),
    [
        ("private-key", "-----BEGIN PRIVATE KEY-----\n", "MIIE" * 20_000, "\n-----END PRIVATE KEY-----"),
        ("openai-key", "sk-", MIXED * 200, ""),
        ("field", 'password="', "never ending " * 5_000, ""),
    ],
)
def test_it_masks_what_is_longer_than_its_window_with_little_memory(kind: str, head: str, body: str, tail: str) -> None:
    redactor, parts = StreamRedactor(), []
    text = f'so {head}{body}{tail}" and on'
    for start in range(0, len(text), 1_000):
        parts.append(redactor.feed(text[start : start + 1_000]))
        assert len(redactor._scan._text) < 2 * WINDOW
    assert "".join(parts) + redactor.finish() == redact(text).value


def test_it_masks_what_might_still_be_a_secret_when_the_window_is_full() -> None:
    redactor = StreamRedactor()
    head = "eyJ" + "a" * 8_000 + "." + "b" * 20_000
    assert redactor.feed("so " + head) == "so [redacted:secret]"
    assert redactor.feed("b" * 50_000) == ""
    assert redactor.feed(" and on") + redactor.finish() == " and on"


def test_it_holds_a_known_secret_back_that_is_longer_than_the_window() -> None:
    secret = "".join(map(str, range(5_000)))
    assert len(secret) > WINDOW
    redactor = StreamRedactor([secret])
    assert redactor.feed("x " + secret[:-1]) == "x "
    assert redactor.feed(secret[-1]) + redactor.finish() == "[redacted:secret]"


def test_it_takes_other_families() -> None:
    family = Family(lambda text: "#" in text, (Pattern("ticket", ("#",), SECRET_PATTERN),))
    redactor = StreamRedactor(rules=Rules(families=(family,)))
    assert redactor.feed("see #12") == "see "
    assert redactor.feed("34, sk-") == "[redacted:ticket], sk-"
