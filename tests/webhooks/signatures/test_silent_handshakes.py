"""Handshakes that are only answered that somebody is there."""

import json
from datetime import UTC, datetime

import pytest

from webhooks.signatures.challenge import challenge_of
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named

NOW = datetime(2026, 11, 20, 9, 14, 28, tzinfo=UTC)
ADDRESS = "https://hooks.acme.example/hooks/1/"


@pytest.mark.parametrize("slug", ["intercom", "trello"])
def test_it_is_there_when_a_provider_looks_for_it(slug: str) -> None:
    scheme = scheme_named(slug)
    assert scheme is not None
    reply = challenge_of(scheme, Received("HEAD", ADDRESS, (), b"", NOW), [], {}, now=NOW)
    assert reply is not None
    assert (reply.status, reply.body, reply.keep) == (200, b"", None)


def test_salesforce_is_answered_when_it_sends_a_key_to_verify_with() -> None:
    scheme = scheme_named("salesforce-marketing-cloud")
    assert scheme is not None
    body = json.dumps({"callbackId": "c7d1", "verificationKey": "once"}).encode()
    asked = Received("POST", ADDRESS, (), body, NOW)
    signed = Received("POST", ADDRESS, (("x-sfmc-ens-signature", "AAAA"),), body, NOW)

    assert challenge_of(scheme, asked, ["key"], {}, now=NOW) is not None
    assert challenge_of(scheme, signed, ["key"], {}, now=NOW) is None
