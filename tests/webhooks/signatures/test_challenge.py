"""Handshakes are answered as data says, and nothing else is."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.webhooks.signatures.other_keys import key_pair
from tests.webhooks.signatures.vector_files import NOON, URL
from tests.webhooks.signatures.written import SECRET, request, scheme
from webhooks.signatures.challenge import LONGEST_VALUE, Reply, challenge_of
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.sign import sign
from webhooks.signatures.types import Scheme

TOKEN = "a-long-verify-token"
PLAIN = ("Content-Type", "text/plain; charset=utf-8")
NO_SNIFF = ("X-Content-Type-Options", "nosniff")
JSON = ("Content-Type", "application/json")


def answered(of: Scheme | str, received: Received, secrets: Sequence[str] = (SECRET,), **settings: str) -> Reply | None:
    return challenge_of(read(of), received, secrets, settings, now=NOON)


def read(of: Scheme | str) -> Scheme:
    found = scheme_named(of) if isinstance(of, str) else of
    assert found is not None
    return found


def signed(slug: str, body: object, secret: str = SECRET) -> Received:
    made = sign(read(slug), request(json.dumps(body)), secret, {}, now=NOON)
    assert made is not None
    return made


def test_slack_is_told_its_challenge() -> None:
    asked = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY"}
    assert answered("slack", signed("slack", asked)) == Reply(200, (PLAIN, NO_SNIFF), b"3eZbrw1aBm2rZgRNFdxV2595E9CY")


def test_whoever_asks_as_slack_has_to_sign() -> None:
    asked = {"type": "url_verification", "challenge": "x"}
    assert answered("slack", request(json.dumps(asked))) is None
    assert answered("slack", signed("slack", asked, secret="another")) is None
    assert answered("slack", signed("slack", asked), secrets=()) is None


def test_discord_is_told_that_we_are_there() -> None:
    private, public = key_pair(read("discord"))
    assert answered("discord", signed("discord", {"type": 0}, private), [public]) == Reply(204, (), b"")
    assert answered("discord", signed("discord", {"type": 1}, private), [public]) == Reply(200, (JSON,), b'{"type": 1}')
    authorized = {"type": 1, "event": {"type": "APPLICATION_AUTHORIZED"}}
    assert answered("discord", signed("discord", authorized, private), [public]) is None


def test_zoom_gets_its_token_signed() -> None:
    asked = {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    reply = answered("zoom", signed("zoom", asked), (SECRET, "an older one"))
    assert reply is not None
    assert (reply.headers, json.loads(reply.body)) == (
        (JSON,),
        {
            "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
            "encryptedToken": "7d2c08c7fae9c1c8613a22d702d023e8378c18e68045f330003e109352b6b9c8",
        },
    )


def meta(token: str, challenge: str = "1158201444", mode: str = "subscribe") -> Received:
    query = f"hub.mode={mode}&hub.verify_token={token}&hub.challenge={challenge}"
    return request("", method="GET", url=f"{URL}?{query}")


def test_meta_is_told_its_challenge_for_the_right_token() -> None:
    assert answered("meta", meta(TOKEN), verify_token=TOKEN) == Reply(200, (PLAIN, NO_SNIFF), b"1158201444")


@pytest.mark.parametrize("token", ["", "another-verify-token", "ÿ", TOKEN + "x"])
def test_meta_is_told_nothing_for_another_token(token: str) -> None:
    assert answered("meta", meta(token), verify_token=TOKEN) is None


def test_nobody_is_told_anything_while_there_is_no_token() -> None:
    assert answered("meta", meta("")) is None
    optional = scheme(
        settings={"pin": {"title": "PIN", "secret": True, "required": False}},
        challenges=[{"when": {"method": "GET"}, "values": {"pin": {"query": "pin"}}, "equals": {"pin": "pin"}}],
    )
    assert answered(optional, request(method="GET", url=f"{URL}?pin=")) is None
    assert answered(optional, request(method="GET", url=f"{URL}?pin=1"), pin="1") == Reply(200, (), b"")


def test_notion_delivers_the_secret_and_an_admin_has_to_see_it() -> None:
    asked = request('{"verification_token": "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}')
    reply = answered("notion", asked, secrets=())
    assert reply == Reply(200, (), b"", keep="secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl", show=True)


def test_nobody_changes_a_secret_that_there_is() -> None:
    assert answered("notion", request('{"verification_token": "secret_evil"}'), secrets=("secret_good",)) is None


@pytest.mark.parametrize("token", ["", " ", "two\nlines", "ü", "\u0000", 5, None, ["x"], "x" * (LONGEST_VALUE + 1)])
def test_nothing_is_kept_that_is_no_secret(token: object) -> None:
    reply = answered("notion", request(json.dumps({"verification_token": token})), secrets=())
    assert reply is None or reply.keep in ("5", " ")


def echo(**reply: Any) -> Scheme:
    challenge = {"when": {"method": "GET"}, "values": {"challenge": {"query": "c"}}, "reply": reply}
    return scheme(challenges=[challenge])


def asked(challenge: str) -> Received:
    return request("", method="GET", url=f"{URL}?c={challenge}")


def test_what_is_repeated_is_no_page() -> None:
    reply = answered(echo(text="{challenge}"), asked("%3Cscript%3E"))
    assert reply == Reply(200, (PLAIN, NO_SNIFF), b"<script>")


def test_what_is_repeated_cannot_leave_its_field() -> None:
    reply = answered(echo(json={"echo": "{challenge}", "ok": True}), asked("%22%7D%0A%ff"))
    assert reply is not None
    assert json.loads(reply.body) == {"echo": '"}\n�', "ok": True}


def test_what_is_repeated_cannot_leave_its_header() -> None:
    read = echo(headers={"X-Hook-Secret": "{challenge}"})
    assert answered(read, asked("b537207f")) == Reply(200, (("X-Hook-Secret", "b537207f"),), b"")
    for evil in ("a%0d%0aSet-Cookie:x=1", "%00", "%ff"):
        assert answered(read, asked(evil)) is None


def test_what_is_too_long_is_not_repeated() -> None:
    assert answered(echo(text="{challenge}"), asked("x" * LONGEST_VALUE)) is not None
    assert answered(echo(text="{challenge}"), asked("x" * (LONGEST_VALUE + 1))) is None


def test_what_is_missing_or_there_twice_is_not_repeated() -> None:
    assert answered(echo(text="{challenge}"), request("", method="GET")) is None
    assert answered(echo(text="{challenge}"), request("", method="GET", url=f"{URL}?c=1&c=2")) is None


def test_nothing_is_signed_without_a_secret() -> None:
    read = echo(json={"response_token": "sha256={challenge|hmac_sha256_base64}"})
    reply = answered(read, asked("crc"))
    assert reply is not None
    assert reply.body == b'{"response_token": "sha256=NTQsz2mUEC+viXTNhYuZl8VqbXSNbl1J5MputjjxbiI="}'
    assert answered(read, asked("crc"), secrets=()) is None


def test_an_event_is_no_handshake() -> None:
    assert answered("slack", signed("slack", {"type": "event_callback"})) is None
    assert answered("stripe", request()) is None


def test_settings_that_do_not_fit_answer_nothing() -> None:
    assert answered("meta", meta(TOKEN), colour="red") is None
