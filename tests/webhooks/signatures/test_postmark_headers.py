"""Postmark proves who it is with a password, or in a header that the admin has chosen."""

from datetime import UTC, datetime

import pytest

from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.verify import verify

NOW = datetime(2026, 11, 20, 9, 14, 28, tzinfo=UTC)
NAMED = {"username": "ledger"}
CHOSEN = {"header": "X-Ledger-Token"}
PASSWORD = ("Authorization", "Basic bGVkZ2VyOmRhd24=")  # ledger:dawn
TOKEN = ("X-Ledger-Token", "dawn")


@pytest.mark.parametrize(
    ("header", "settings", "valid"),
    [
        (PASSWORD, NAMED, True),
        (PASSWORD, {}, False),
        (TOKEN, NAMED, False),
        (TOKEN, CHOSEN, True),
        (PASSWORD, {**NAMED, **CHOSEN}, False),
    ],
)
def test_the_admin_chooses_where_it_stands(header: tuple[str, str], settings: dict[str, str], valid: bool) -> None:
    postmark = scheme_named("postmark")
    assert postmark is not None
    received = Received("POST", "https://hooks.acme.example/hooks/1/", (header,), b"{}", NOW)

    assert verify(postmark, received, ["dawn"], settings, now=NOW).valid is valid


def test_it_says_that_the_body_is_not_covered() -> None:
    postmark = scheme_named("postmark")
    assert postmark is not None
    assert not postmark.covers_body
