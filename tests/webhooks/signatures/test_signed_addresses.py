"""Square and Trello sign the address with the body."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.sign import sign
from webhooks.signatures.verdict import Reason
from webhooks.signatures.verify import verify

NOW = datetime(2026, 11, 20, 9, 14, 28, tzinfo=UTC)
ADDRESS = "https://hooks.acme.example/hooks/1/?shop=1"


@pytest.mark.parametrize("slug", ["square", "trello"])
@pytest.mark.parametrize("other", ["https://hooks.acme.example/hooks/1/", ADDRESS.upper(), f"{ADDRESS}&shop=2"])
def test_it_refuses_what_was_signed_for_another_address(slug: str, other: str) -> None:
    scheme = scheme_named(slug)
    assert scheme is not None
    signed = sign(scheme, Received("POST", ADDRESS, (), b"{}", NOW), "secret", {}, now=NOW)
    assert signed is not None
    assert verify(scheme, signed, ["secret"], {}, now=NOW).valid

    verdict = verify(scheme, replace(signed, url=other), ["secret"], {}, now=NOW)

    assert (verdict.valid, verdict.reason) == (False, Reason.SIGNATURE_MISMATCH)
