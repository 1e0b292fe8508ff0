"""A scheme that could not work, or could be fooled, is not read, and its writer is told why."""

from typing import Any

import pytest

from tests.webhooks.signatures.written import document
from webhooks.signatures.read import BadScheme, read_scheme
from webhooks.signatures.shelf import all_schemes, scheme_named, scheme_names
from webhooks.signatures.types import Encoding, Method, Place


def faults(written: Any, slug: str = "parcels") -> dict[str, str]:
    with pytest.raises(BadScheme) as caught:
        read_scheme(slug, written)
    return {fault.path: fault.message for fault in caught.value.faults}


def test_it_fills_in_what_is_usual() -> None:
    read = read_scheme("parcels", document())
    (signature,) = read.signatures
    assert (signature.method, signature.hash, signature.encoding) == (Method.HMAC, "sha256", Encoding.HEX)
    assert read.event_id[0].place is Place.JSON
    assert read.secret is not None
    assert read.secret.key is Encoding.TEXT


def test_a_token_is_text_and_the_secret_itself() -> None:
    written = {"verify": "token", "values": {"signature": {"header": "X-Token"}}}
    (signature,) = read_scheme("parcels", document(signatures=[written])).signatures
    assert (signature.encoding, signature.signed[0].text) == (Encoding.TEXT, "{secret}")


@pytest.mark.parametrize("written", [None, [], "stripe", 1])
def test_it_refuses_what_is_no_mapping(written: Any) -> None:
    assert "A scheme is a mapping" in faults(written)["$"]


@pytest.mark.parametrize("slug", ["", "Stripe", "../stripe", "a--b", "a_b"])
def test_it_refuses_a_name_that_is_no_slug(slug: str) -> None:
    assert "small letters" in faults(document(), slug)["$"]


def test_it_names_an_unknown_field_and_those_there_are() -> None:
    said = faults(document({"singed": "{body}"}))
    assert said["$.signatures[0].singed"].startswith("There is no such field here. Known: body_digest, certificate,")


def test_it_refuses_settings_that_are_none() -> None:
    assert "$.settings.webhook_id.title" in faults(document(settings={"webhook_id": {}}))


STAMPED = {"signature": {"header": "X-Signature"}, "stamp": {"header": "X-Time"}}


@pytest.mark.parametrize(
    ("signature", "path", "message"),
    [
        ({"signed": "{bodi}"}, "$.signatures[0].signed", "There is no value `bodi`. There are: body, host, method,"),
        ({"signed": "{body"}, "$", "There is a single `{` at 1. Write it twice."),
        ({"signed": "{body|rot13}"}, "$", "There is no filter `rot13`. There are: crc32, hmac_sha256_base64,"),
        ({"signed": "{body|hmac_sha256_hex}"}, "$.signatures[0].signed", "Only a reply is signed by a filter."),
        ({"signed": "{secret}{body}"}, "$.signatures[0].signed", "There is no value `secret`."),
        ({"values": {}}, "$.signatures[0].values.signature", "This is missing."),
        ({"encoding": "text"}, "$.signatures[0].encoding", "Only tokens are plain text."),
        ({"verify": "digest"}, "$.signatures[0].signed", "It holds no `{secret}`, so that anybody could have made it."),
        ({"verify": "token", "signed": "{body}"}, "$.signatures[0].signed", "It holds no `{secret}`"),
        ({"timestamp": {"value": "stamp"}}, "$.signatures[0].timestamp", "There is no value `stamp`."),
        (
            {"values": STAMPED, "timestamp": {"value": "stamp"}},
            "$.signatures[0].timestamp",
            "`stamp` is not signed, so that anybody could change it.",
        ),
        ({"values": STAMPED, "once": "stamp"}, "$.signatures[0].once", "`stamp` is not signed"),
        (
            {"values": STAMPED, "body_digest": {"value": "stamp"}},
            "$.signatures[0].body_digest",
            "`stamp` is not signed",
        ),
        (
            {"values": {"signature": {"header": "X"}, "body": {"header": "Y"}}},
            "$.signatures[0].values.body",
            "This name is taken.",
        ),
        (
            {"values": {"signature": {"json": "a["}}},
            "$.signatures[0].values.signature",
            "This is no JMESPath expression",
        ),
        ({"each": "a["}, "$.signatures[0].each", "This is no JMESPath expression"),
        ({"when": {"json": "a["}}, "$.signatures[0].when.json", "This is no JMESPath expression"),
        (
            {"certificate": {"url": {"header": "X"}, "hosts": "a.example", "names": "a.example"}},
            "$.signatures[0].certificate",
            "Only `rsa` and `ecdsa` have certificates.",
        ),
    ],
)
def test_it_refuses_a_signature_that_proves_nothing(signature: dict[str, Any], path: str, message: str) -> None:
    assert faults(document(signature))[path].startswith(message)


def test_it_takes_a_time_that_is_signed_with_the_body() -> None:
    values = {"signature": {"header": "X-Signature"}, "stamp": {"json": "at"}}
    assert read_scheme("parcels", document({"values": values, "timestamp": {"value": "stamp"}})).slug == "parcels"


def test_it_refuses_to_sign_without_a_secret() -> None:
    written = {name: value for name, value in document().items() if name != "secret"}
    assert faults(written) == {"$.secret": "This is missing: it signs with a secret."}


def test_it_refuses_a_signature_without_a_text() -> None:
    written = {"verify": "hmac", "values": {"signature": {"header": "X-Signature"}}}
    assert faults(document(signatures=[written])) == {"$.signatures[0].signed": "This is missing."}


@pytest.mark.parametrize(
    ("challenge", "path", "message"),
    [
        ({"reply": {"text": "{challenge}"}}, "$.challenges[0].reply", "There is no value `challenge`."),
        ({"equals": {"token": "verify_token"}}, "$.challenges[0].equals", "There is no value `token`."),
        ({"equals": {"token": "verify_token"}}, "$.challenges[0].equals.token", "There is no setting `verify_token`."),
        ({"keep": "token"}, "$.challenges[0].keep", "There is no value `token`."),
        ({"when": {"json": "a["}}, "$.challenges[0].when.json", "This is no JMESPath expression"),
    ],
)
def test_it_refuses_a_handshake_that_cannot_be_answered(challenge: dict[str, Any], path: str, message: str) -> None:
    assert faults(document(challenges=[{"when": {"method": "GET"}, **challenge}]))[path].startswith(message)


@pytest.mark.parametrize(
    ("name", "setting", "path", "message"),
    [
        ("body", {"title": "Body"}, "$.settings.body", "This name is taken."),
        ("region", {"title": "Region", "pattern": "("}, "$.settings.region.pattern", "This is no regular expression"),
    ],
)
def test_it_refuses_a_setting_that_cannot_be_used(name: str, setting: dict[str, Any], path: str, message: str) -> None:
    assert faults(document(settings={name: setting}))[path].startswith(message)


def test_it_never_shows_a_setting_that_is_secret() -> None:
    settings = {"pin": {"title": "PIN", "secret": True}}
    assert (
        "There is no value `pin`"
        in faults(document({"signed": "{pin}{body}"}, settings=settings))["$.signatures[0].signed"]
    )


def test_all_that_are_shipped_can_be_read() -> None:
    assert {scheme.slug for scheme in all_schemes()} == set(scheme_names())


def test_there_is_none_of_another_name() -> None:
    assert scheme_named("../signatures/scheme") is None


@pytest.mark.parametrize("scheme", all_schemes(), ids=lambda scheme: scheme.slug)
def test_each_tells_an_admin_the_address_to_paste(scheme: Any) -> None:
    assert any("{url}" in step for step in scheme.setup)
    assert scheme.covers_body or scheme.notes, "what is weak is said"
