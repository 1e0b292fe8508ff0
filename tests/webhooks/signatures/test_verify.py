"""What a verdict says, and how much of a request is looked at."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.webhooks.signatures.vector_files import NOON
from tests.webhooks.signatures.written import SECRET, request, scheme
from webhooks.signatures.received import Received
from webhooks.signatures.sign import sign
from webhooks.signatures.types import Scheme
from webhooks.signatures.verdict import LONGEST_SHOWN, Reason, Verdict
from webhooks.signatures.verify import verify

EACH: dict[str, Any] = {
    "each": "items",
    "values": {"signature": {"json": "sign"}, "id": {"json": "id"}},
    "signed": "{id}",
}
TIMED: dict[str, Any] = {
    "values": {"signature": {"header": "X-Signature"}, "at": {"header": "X-Time"}},
    "signed": "{at}{body}",
    "timestamp": {"value": "at", "past_seconds": 60, "future_seconds": 60},
}
PAIRS: dict[str, Any] = {
    "values": {"signature": {"header": "X-Signature", "pairs": "v1"}, "at": {"header": "X-Signature", "pairs": "t"}},
    "signed": "{at}.{body}",
}
BARE = ["{}", '{"items": []}', '{"items": "x"}', '{"items": [null]}', '{"items": [[]]}', "<x/>"]


def judged(read: Scheme, received: Received, *secrets: str, at: datetime = NOON, **settings: str) -> Verdict:
    return verify(read, received, secrets or (SECRET,), settings, now=at)


def signed(read: Scheme, received: Received | None = None, secret: str = SECRET, **settings: str) -> Received:
    made = sign(read, received or request(), secret, settings, now=NOON)
    assert made is not None
    return made


def header(received: Received, name: str) -> str:
    return next(value for each, value in received.headers if each == name)


def test_it_says_what_is_missing_and_where() -> None:
    verdict = judged(scheme(), request())
    assert verdict.reason == Reason.SIGNATURE_MISSING
    assert verdict.detail == "There is no header `X-Signature`. Check that the provider signs."


def test_it_says_what_none_of_the_alternatives_found() -> None:
    two = [
        {"verify": "hmac", "when": {"header": name}, "values": {"signature": {"header": name}}, "signed": "{body}"}
        for name in ("X-New", "X-Old")
    ]
    verdict = judged(scheme(signatures=two), request())
    assert verdict.detail == "There is no header `X-New` or header `X-Old`. Check that Parcels signs, and its own kind."


def test_it_shows_both_signatures_side_by_side() -> None:
    right = header(signed(scheme({"prefix": "sha256="})), "X-Signature")
    wrong = request(headers={"X-Signature": "sha256=00ff"})
    verdict = judged(scheme({"prefix": "sha256="}), wrong, SECRET, "another")
    assert (verdict.received, verdict.computed[0], len(verdict.computed)) == (("sha256=00ff",), right, 2)
    assert verdict.signed == wrong.body
    assert verdict.detail.startswith("The signature is right under none of the active secrets.")
    assert "URL" not in verdict.detail


def test_it_points_at_the_address_where_that_is_signed() -> None:
    verdict = judged(scheme({"signed": "{url}{body}"}), request(headers={"X-Signature": "00"}))
    assert "that the source's public URL is exactly the one the provider calls" in verdict.detail


def test_it_shows_a_bounded_part_of_what_was_signed() -> None:
    verdict = judged(scheme(), signed(scheme(), request("x" * 50_000)))
    assert verdict.valid
    assert len(verdict.signed or b"") == LONGEST_SHOWN


def test_it_shows_the_secrets_place_and_not_the_secret() -> None:
    read = scheme({"verify": "digest", "signed": "{secret}:{body}"})
    verdict = judged(read, signed(read, request("hello")))
    assert (verdict.valid, verdict.signed) == (True, b"{secret}:hello")
    assert SECRET not in repr(verdict)


@pytest.mark.parametrize("sent", [SECRET, SECRET[:-1], "nonsense"])
def test_it_shows_nothing_of_a_token(sent: str) -> None:
    read = scheme(signatures=[{"verify": "token", "values": {"signature": {"header": "X-Token"}}}])
    verdict = judged(read, request(headers={"X-Token": sent}))
    assert verdict.valid is (sent == SECRET)
    assert (verdict.signed, verdict.received, verdict.computed) == (None, (), ())
    assert SECRET not in repr(verdict)


def test_a_prefix_may_be_in_capitals() -> None:
    read = scheme(signatures=[{"verify": "token", "prefix": "Bearer ", "values": {"signature": {"header": "X-Token"}}}])
    assert judged(read, request(headers={"X-Token": f"BEARER {SECRET}"})).valid
    assert judged(read, request(headers={"X-Token": SECRET})).reason == Reason.SIGNATURE_MALFORMED


def test_it_looks_at_ten_secrets_and_no_more() -> None:
    received = signed(scheme())
    others = [f"other {number}" for number in range(10)]
    assert judged(scheme(), received, *others[:9], SECRET).secret_index == 9
    assert judged(scheme(), received, *others, SECRET).reason == Reason.SIGNATURE_MISMATCH


def test_it_looks_at_ten_signatures_and_no_more() -> None:
    read = scheme({"values": {"signature": {"header": "X-Signature", "pairs": "v1"}}})
    right = header(signed(read), "X-Signature")
    assert judged(read, request(headers={"X-Signature": ",".join(["v1=00"] * 9 + [right])})).valid
    assert not judged(read, request(headers={"X-Signature": ",".join(["v1=00"] * 10 + [right])})).valid


def test_it_skips_secrets_that_are_blank_or_broken() -> None:
    read = scheme(secret={"key": "base64", "strip": "psec_"})
    received = signed(read, secret="psec_c2VjcmV0")
    assert judged(read, received, "", "psec_!!!", " psec_c2VjcmV0\n").secret_index == 2
    verdict = judged(read, received, "psec_!!!")
    assert verdict.reason == Reason.SECRET_MALFORMED
    assert verdict.detail == "Signing secret: this is not base64. Copy all of it again from the provider."
    assert judged(read, received, " ").reason == Reason.NO_SECRET


def test_it_refuses_a_value_that_is_there_twice() -> None:
    read = scheme(PAIRS)
    received = signed(read)
    twice = request(headers={"X-Signature": header(received, "X-Signature") + ",t=1"})
    assert judged(read, received).valid
    assert judged(read, twice).reason == Reason.VALUE_DUPLICATED


def test_a_value_that_is_missing_may_have_a_default() -> None:
    values = {"signature": {"header": "X-Signature"}, "shop": {"query": "shop"}}
    read = scheme({"values": values, "signed": "{shop}:{body}"})
    assert judged(read, request(headers={"X-Signature": "00"})).reason == Reason.VALUE_MISSING
    read = scheme({"values": values | {"shop": {"query": "shop", "default": "1"}}, "signed": "{shop}:{body}"})
    assert judged(read, signed(read)).signed == b"1:" + request().body


def test_it_knows_the_parts_of_an_address() -> None:
    read = scheme({"signed": "{method} {host}{path}?{query} {region} {body}"}, settings={"region": {"title": "Region"}})
    received = request("x", method="put", url="https://hooks.acme.example:8443/hooks/1/?a=b%20c")
    assert judged(read, signed(read, received, region="eu"), region="eu").signed == (
        b"PUT hooks.acme.example:8443/hooks/1/?a=b%20c eu x"
    )


@pytest.mark.parametrize("body", ["{}", "&".join(["a=1"] * 1001)])
def test_no_body_is_believed_of_which_nothing_was_signed(body: str) -> None:
    read = scheme({"signed": "{url}{sorted_form}"})
    form = {"Content-Type": "application/x-www-form-urlencoded" if "=" in body else "application/json"}
    empty = signed(read, request("", headers=form))
    assert judged(read, empty).valid
    assert judged(read, replace(empty, body=body.encode())).reason == Reason.VALUE_MISSING


def test_every_signed_item_has_to_be_right() -> None:
    read = scheme(EACH)
    good = signed(read, request('{"items": [{"id": 1}, {"id": 2}]}'))
    assert judged(read, good).valid
    bad = replace(good, body=good.body.replace(b'"id": 2', b'"id": 3'))
    assert judged(read, bad).reason == Reason.SIGNATURE_MISMATCH


@pytest.mark.parametrize("body", BARE)
def test_it_refuses_a_body_without_signed_items(body: str) -> None:
    assert judged(scheme(EACH), request(body)).reason == Reason.SIGNATURE_MISSING


def test_it_refuses_more_items_than_it_looks_at() -> None:
    body = '{"items": [' + ",".join(['{"id": 1, "sign": "00"}'] * 1001) + "]}"
    verdict = judged(scheme(EACH), request(body))
    assert verdict.reason == Reason.SIGNATURE_MALFORMED
    assert verdict.detail == "The body has more than 1,000 signed items."


def test_it_tells_what_may_be_used_once_only() -> None:
    values = {"signature": {"header": "X-Signature"}, "nonce": {"header": "X-Nonce"}}
    read = scheme({"values": values, "signed": "{nonce}", "once": "nonce"})
    assert judged(read, signed(read, request(headers={"X-Nonce": "n-1"}))).once == "n-1"
    assert judged(read, request(headers={"X-Nonce": "n-1", "X-Signature": "00"})).once == ""


def test_it_says_how_old_a_request_is() -> None:
    read = scheme(TIMED)
    late = judged(read, signed(read), at=NOON + timedelta(seconds=90))
    assert late.detail.startswith("It was signed 90 seconds ago; at most 60 are allowed.")
    early = judged(read, signed(read), at=NOON - timedelta(seconds=90))
    assert early.detail.startswith("It was signed 90 seconds ahead of the clock here; at most 60 are allowed.")
    assert early.computed == early.received


def test_it_refuses_a_time_that_is_none() -> None:
    read = scheme(TIMED)
    verdict = judged(read, signed(read, request(headers={"X-Time": "yesterday"})))
    assert verdict.reason == Reason.TIMESTAMP_MALFORMED
    assert verdict.detail == "The at is not written in seconds since 1970."


def test_an_unsigned_scheme_believes_everything() -> None:
    assert judged(scheme(signatures=[{"verify": "none"}]), request()) == Verdict(valid=True)


def test_what_cannot_be_looked_at_is_not_believed(caplog: pytest.LogCaptureFixture) -> None:
    broken = replace(request(headers={"X-Signature": "00"}), body="no bytes")  # type: ignore[arg-type]
    verdict = judged(scheme(), broken)
    assert (verdict.valid, verdict.reason) == (False, Reason.NOT_VERIFIABLE)
    assert "A request could not be verified as parcels." in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("when", "matching", "other"),
    [
        ({"method": ["POST", "PUT"]}, request(), request(method="GET")),
        ({"without_header": "X-New"}, request(), request(headers={"X-New": "1"})),
        ({"header_holds": {"X-Kind": "Sha256"}}, request(headers={"X-Kind": "a=SHA256"}), request()),
        ({"without_query": "a"}, request(url="https://x.example/?b=1"), request(url="https://x.example/?a=1")),
        ({"content_type": "application/json"}, request(), request(headers={"Content-Type": "text/plain"})),
        ({"empty_body": True}, request(""), request()),
        ({"json": "type == 'parcel.sent'"}, request(), request("{}")),
    ],
)
def test_an_alternative_applies_to_some_requests(when: dict[str, Any], matching: Received, other: Received) -> None:
    read = scheme({"when": when})
    assert judged(read, signed(read, matching)).valid
    assert sign(read, other, SECRET, {}, now=NOON) is None
    with_signature = replace(other, headers=(*other.headers, ("X-Signature", "00")))
    assert judged(read, with_signature).reason == Reason.SIGNATURE_MISSING
