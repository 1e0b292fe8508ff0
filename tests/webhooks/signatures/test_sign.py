"""What a test event is given, and what cannot be signed."""

import json
from typing import Any

import pytest

from tests.webhooks.signatures.vector_files import NOON, URL
from tests.webhooks.signatures.written import SECRET, request, scheme
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.sign import sign
from webhooks.signatures.types import Scheme
from webhooks.signatures.verify import verify


def named(slug: str) -> Scheme:
    found = scheme_named(slug)
    assert found is not None
    return found


def signed(read: Scheme, received: Received, secret: str = SECRET, **settings: str) -> Received:
    made = sign(read, received, secret, settings, now=NOON)
    assert made is not None
    assert verify(read, made, [secret], settings, now=NOON).valid
    return made


def header(received: Received, name: str) -> list[str]:
    return [value for each, value in received.headers if each == name]


def test_pairs_go_into_one_header() -> None:
    (value,) = header(signed(named("stripe"), request("{}")), "Stripe-Signature")
    assert value == "t=1795176000,v1=c6e2c3992fbe5d0ad707b4c353b6d1b69c4508b27b4554df934e963397b625a0"


def test_what_is_there_already_stays() -> None:
    received = request("{}", headers={"webhook-id": "msg_1"})
    made = signed(named("standard-webhooks"), received, "whsec_c2VjcmV0")
    assert header(made, "webhook-id") == ["msg_1"]
    assert len(header(signed(named("standard-webhooks"), request("{}"), "whsec_c2VjcmV0"), "webhook-id")[0]) == 32


def test_the_digest_of_a_body_goes_into_the_address() -> None:
    made = signed(named("twilio"), request("{}", url=f"{URL}?a=1"))
    assert made.url == f"{URL}?a=1&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_mailgun_signs_in_the_body() -> None:
    made = signed(named("mailgun"), request('{"event-data": {}}'))
    assert sorted(json.loads(made.body)["signature"]) == ["signature", "timestamp", "token"]
    form = request("recipient=ada", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert signed(named("mailgun"), form).body.startswith(b"recipient=ada&timestamp=1795176000&token=")
    empty = request("", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert signed(named("mailgun"), empty).body.startswith(b"timestamp=1795176000&")


def test_every_item_is_signed() -> None:
    values = {"signature": {"json": "a.sign"}, "id": {"json": "id"}}
    read = scheme({"each": "items", "values": values, "signed": "{id}"})
    made = signed(read, request('{"items": [{"id": 1}, {"id": 2}]}'))
    assert [len(item["a"]["sign"]) for item in json.loads(made.body)["items"]] == [64, 64]


@pytest.mark.parametrize(
    ("signature", "received"),
    [
        ({"values": {"signature": {"json": "sign"}}, "signed": "{url}"}, request("<xml/>")),
        ({"values": {"signature": {"json": "a.sign"}}, "signed": "{url}"}, request('{"a": 1}')),
        ({"values": {"signature": {"json": "a.b.sign"}}, "signed": "{url}"}, request('{"a": 1}')),
        ({"values": {"signature": {"json": "sign || other"}}, "signed": "{url}"}, request("{}")),
        ({"values": {"signature": {"form": "sign"}}, "signed": "{url}"}, request("{}")),
        ({"values": {"signature": {"text": "sign"}}, "signed": "{url}"}, request("{}")),
        ({"values": {"signature": {"header": "X"}}, "when": {"method": "GET"}}, request("{}")),
    ],
)
def test_it_says_where_nothing_can_be_signed(signature: dict[str, Any], received: Received) -> None:
    assert sign(scheme(signature), received, SECRET, {}, now=NOON) is None


def test_nothing_is_signed_without_a_secret_or_with_settings_that_do_not_fit() -> None:
    assert sign(scheme(), request(), "", {}, now=NOON) is None
    assert sign(scheme(), request(), SECRET, {"colour": "red"}, now=NOON) is None


def test_what_is_unsigned_stays_as_it_is() -> None:
    assert sign(named("unsigned"), request(), "", {}, now=NOON) == request()
