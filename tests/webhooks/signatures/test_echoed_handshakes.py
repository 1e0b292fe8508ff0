"""Handshakes in which a provider wants to see something again. Those that deliver a secret are tested elsewhere."""

import json
from datetime import UTC, datetime

import pytest

from webhooks.signatures.challenge import Reply, challenge_of
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.verify import verify

NOW = datetime(2026, 3, 12, 10, 15, 30, tzinfo=UTC)
URL = "https://hooks.globex.example/hooks/5Yk2mQ9xW7rT/"
PLAIN = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def answer(
    slug: str,
    method: str,
    url: str = URL,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    secrets: tuple[str, ...] = ("made up",),
) -> Reply | None:
    scheme = scheme_named(slug)
    assert scheme
    return challenge_of(scheme, Received(method, url, headers, body, NOW), secrets, {}, now=NOW)


class TestX:
    """The values are those of https://gist.github.com/jcipriano/46c4b3f379d214d57a9ddfa70dba49fe."""

    TOKEN_URL = f"{URL}?crc_token=9b4507b3-9040-4669-9ca3-6b94edb50553"

    def test_it_answers_with_the_tokens_hmac(self) -> None:
        reply = answer("x", "GET", self.TOKEN_URL, secrets=("z3ZX4v7mAAUGykl3EcmkqbartmuW8VFOOzCloLx9Q45P0hLrFu",))

        body = b'{"response_token": "sha256=Cytd4Sq+NvEcV3MMrXxWJGJx5A+y/lXzzU2Maartkx8="}'
        assert reply == Reply(200, (("Content-Type", "application/json"),), body)

    def test_it_answers_nothing_without_a_secret(self) -> None:
        assert answer("x", "GET", self.TOKEN_URL, secrets=()) is None

    @pytest.mark.parametrize("asked", ["%7B%22for_user_id%22%3A%221%22%7D", "%5B%5D", "%22a%22", "a%20b", "a" * 201])
    def test_it_signs_nothing_but_a_word_for_whoever_asks(self, asked: str) -> None:
        assert answer("x", "GET", f"{URL}?crc_token={asked}") is None

    def test_what_it_signs_for_whoever_asks_is_no_event(self) -> None:
        scheme = scheme_named("x")
        assert scheme
        reply = answer("x", "GET", f"{URL}?crc_token=12345")
        assert reply is not None
        headers = (("X-Twitter-Webhooks-Signature", json.loads(reply.body)["response_token"]),)

        verdict = verify(scheme, Received("POST", URL, headers, b"12345", NOW), ("made up",), {}, now=NOW)

        assert not verdict.valid

    def test_it_takes_no_event_for_a_handshake(self) -> None:
        assert answer("x", "POST", self.TOKEN_URL, body=b'{"for_user_id": "1"}') is None


class TestDropbox:
    def test_it_echoes_the_challenge_as_plain_text(self) -> None:
        reply = answer("dropbox", "GET", f"{URL}?challenge=%3Cb%3Eabc%20123")

        assert reply == Reply(200, PLAIN, b"<b>abc 123")

    def test_it_takes_no_notification_for_a_handshake(self) -> None:
        assert answer("dropbox", "POST", f"{URL}?challenge=abc", body=b'{"list_folder": {}}') is None

    def test_it_echoes_no_second_challenge(self) -> None:
        assert answer("dropbox", "GET", f"{URL}?challenge=abc&challenge=def") is None


class TestMicrosoftGraph:
    def test_it_echoes_the_token_decoded(self) -> None:
        reply = answer("microsoft-graph", "POST", f"{URL}?validationToken=Validation%3a+Testing+client+application")

        assert reply == Reply(200, PLAIN, b"Validation: Testing client application")

    def test_it_takes_no_notification_for_a_handshake(self) -> None:
        assert answer("microsoft-graph", "POST", body=b'{"value": [{"clientState": "made up"}]}') is None


class TestWooCommerce:
    def test_it_answers_the_ping_of_a_webhook_that_is_saved(self) -> None:
        assert answer("woocommerce", "POST", headers=(FORM,), body=b"webhook_id=12") == Reply(200, (), b"")

    def test_it_takes_no_event_for_a_ping(self) -> None:
        signed = ("X-WC-Webhook-Signature", "AAAA")

        assert answer("woocommerce", "POST", headers=(FORM, signed), body=b"webhook_id=12") is None
        assert answer("woocommerce", "POST", headers=(("Content-Type", "application/json"),), body=b"{}") is None


class TestMandrill:
    def test_it_says_that_the_address_is_there(self) -> None:
        assert answer("mandrill", "HEAD") == Reply(200, (), b"")

    def test_it_takes_no_event_for_the_question(self) -> None:
        assert answer("mandrill", "POST", headers=(FORM,), body=b"mandrill_events=%5B%5D") is None
