import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from integrations.connections.words import (
    LONGEST_SECONDS,
    LONGEST_WORDS,
    answered,
    found,
    masked,
    quoting,
    seconds,
    words,
)
from integrations.egress import EgressResponse


def answer(body: Any, status: int = 401) -> EgressResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return EgressResponse(status, CIMultiDictProxy(CIMultiDict()), content, "", 0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "No such key"}}, "No such key"),
        ({"error": "invalid_auth"}, "invalid_auth"),
        ({"errors": [1]}, "HTTP 401"),
        (b"Not allowed\r\n here", "Not allowed here"),
        (b"<html><body>Sign in</body></html>", "HTTP 401"),
        (b"", "HTTP 401"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_it_tells_what_the_service_says(body: Any, said: str) -> None:
    assert words(answer(body), "error.message", "error", secrets=()) == said


def test_it_masks_what_was_entered_and_what_looks_like_a_secret() -> None:
    said = words(
        answer({"error": "no key k-123456, and not xoxb-123456789012-abcdefghijkl"}), "error", secrets=["k-123456"]
    )
    assert said == "no key [redacted:secret], and not [redacted:slack-token]"


def test_it_masks_before_it_cuts() -> None:
    text = "x" * (LONGEST_WORDS - 4) + " k-123456789"
    assert "k-1" not in masked(text, ["k-123456789"])
    assert masked("y" * 1000, ()) == "y" * LONGEST_WORDS + "…"


def test_it_applies_an_expression_that_does_not_fit_to_nothing() -> None:
    assert words(answer({"error": 7}), "length(error)", secrets=()) == "HTTP 401"
    assert answered(answer(b"{")) == "{"


@pytest.mark.parametrize(("said", "read"), [(3600, 3600), ("3600", 3600), (3599.9, 3599), (10**30, LONGEST_SECONDS)])
def test_it_reads_how_long_something_lives(said: object, read: int) -> None:
    assert seconds(said) == read


@pytest.mark.parametrize("said", [None, "soon", 0, -1, "9" * 5000, 10**400, float("inf"), float("nan"), [3600], {}])
def test_it_reads_no_time_from_what_is_none(said: object) -> None:
    assert seconds(said) is None


def test_it_finds_nothing_with_an_expression_that_is_much_work() -> None:
    assert found("[@, @] | " * 20 + "length(@)", list(range(100))) is None


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [("no", "It says: “no”."), ("No such key.", "It says: “No such key.”"), ("Really?", "It says: “Really?”")],
)
def test_a_quotation_ends_with_one_full_stop(complaint: str, sentence: str) -> None:
    assert quoting(complaint) == sentence
