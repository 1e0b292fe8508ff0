"""A scheme that an admin fills in, and what is said of what was entered."""

import pytest

from tests.webhooks.signatures.written import request, scheme
from webhooks.signatures.fitting import settings_faults
from webhooks.signatures.shelf import filled, scheme_named
from webhooks.signatures.types import Encoding, Scheme, Unit
from webhooks.signatures.verdict import Reason
from webhooks.signatures.verify import verify


def generic() -> Scheme:
    found = scheme_named("generic-hmac")
    assert found is not None
    return found


def said(given: dict[str, str], of: Scheme | None = None) -> dict[str, str]:
    return {fault.path: fault.message for fault in settings_faults(of or generic(), given)}


def test_it_holds_with_nothing_entered() -> None:
    (signature,) = filled(generic(), {}).signatures
    assert (signature.values["signature"][0].name, signature.hash, signature.prefix) == ("X-Signature", "sha256", "")
    assert filled(generic(), {}).event_id == ()


def test_it_becomes_what_was_entered() -> None:
    given = {
        "header": "X-Hmac",
        "hash": "sha512",
        "encoding": "base64",
        "prefix": "v1=",
        "signed": "{timestamp}.{body}",
        "timestamp_header": "X-Time",
        "timestamp_unit": "milliseconds",
        "window_seconds": "60",
        "id_path": "event.id",
        "type_header": "X-Event",
    }
    read = filled(generic(), given)
    (signature,) = read.signatures
    assert (signature.hash, signature.encoding, signature.prefix) == ("sha512", Encoding.BASE64, "v1=")
    assert signature.timestamp is not None
    assert (signature.timestamp.unit, signature.timestamp.past_seconds) == (Unit.MILLISECONDS, 60)
    assert [(source.place, source.name) for source in read.event_id] == [("json", "event.id")]
    assert [(source.place, source.name) for source in read.event_type] == [("header", "X-Event")]


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"hash": "md5"}, "hash", "Give one of: sha1, sha256, sha384, sha512."),
        ({"header": "X Signature"}, "header", "This is not of the right form. Its name, such as X-Signature."),
        ({"header": "X" * 101}, "header", "This is not of the right form."),
        ({"id_path": "x" * 501}, "id_path", "This is longer than 500 characters. Check what was entered."),
        ({"window_seconds": "soon"}, "window_seconds", "This is not of the right form."),
        ({"signed": "no body"}, "signed", "This is not of the right form. With {body} in it"),
        ({"colour": "red"}, "colour", "There is no such setting. There are: encoding, hash, header,"),
        ({"signed": "{body}{timestamp}"}, "$.signatures[0].signed", "There is no value `timestamp`."),
        ({"id_path": "a["}, "$.event.id", "This is no JMESPath expression"),
    ],
)
def test_it_says_what_is_wrong_with_what_was_entered(given: dict[str, str], path: str, message: str) -> None:
    assert said(given)[path].startswith(message)


def test_it_says_what_is_missing() -> None:
    paypal = scheme_named("paypal")
    assert paypal is not None
    assert said({}, paypal) == {"webhook_id": "This is missing."}


def test_it_says_that_there_are_none() -> None:
    stripe = scheme_named("stripe")
    assert stripe is not None
    assert said({"colour": "red"}, stripe) == {"colour": "There is no such setting. There are: none."}


def test_a_plain_setting_is_one_line() -> None:
    read = scheme(settings={"region": {"title": "Region"}})
    assert said({"region": "eu\nus"}, read)["region"].startswith("This is not of the right form.")


def test_a_number_is_one() -> None:
    read = scheme(settings={"zone": {"title": "Zone", "number": True}})
    assert said({"zone": "4"}, read) == {}
    assert said({"zone": "four"}, read)["zone"].startswith("This is not of the right form.")


def test_a_source_whose_settings_do_not_fit_believes_nothing() -> None:
    verdict = verify(generic(), request(), ["secret"], {"hash": "md5"}, now=request().at)
    assert (verdict.valid, verdict.reason) == (False, Reason.SETTINGS_INVALID)
    assert verdict.detail == "The source's setting `hash` does not fit: Give one of: sha1, sha256, sha384, sha512."
