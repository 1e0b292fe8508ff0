"""A certificate is believed that leads to a root that is trusted, and no other."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import Store

from tests.webhooks.signatures.vector_files import NOON, Vector, all_vectors, with_header
from webhooks.signatures.certificates import Certificates, bundled_roots, certified_key, is_allowed
from webhooks.signatures.types import Certificate, Method, Place, Source
from webhooks.signatures.verdict import Reason, Refused

NAME = "sign.parcels.example"
URL = "https://certs.parcels.example/v1/leaf"
EVIL = "http://ca.evil.example/middle.crt"
ABOVE = "http://ca.parcels.example/middle.crt"
WANTED = Certificate(
    url=(Source(Place.HEADER, "X-Cert"),),
    hosts=("certs.parcels.example",),
    path="/v1/",
    names=("other.parcels.example", NAME),
    issuers=("ca.parcels.example",),
)
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "middle", "leaf", "evil")}


def issued(
    subject: str,
    issuer: str,
    *,
    name: str = "",
    days: int = 90,
    above: str = "",
    key: Any = None,
) -> x509.Certificate:
    """For one of the names above by another; with a DNS name it is a signer's, else an authority's."""
    mine, theirs = key or KEYS[subject].public_key(), KEYS[issuer]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(mine)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOON - timedelta(days=1))
        .not_valid_after(NOON + timedelta(days=days))
        .add_extension(x509.BasicConstraints(not name, None), critical=True)
        .add_extension(x509.KeyUsage(bool(name), False, False, False, False, not name, not name, False, False), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(mine), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs.public_key()), False)
    )
    if name:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    if above:
        place = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(above))
        builder = builder.add_extension(x509.AuthorityInformationAccess([place]), False)
    return builder.sign(theirs, hashes.SHA256())


ROOT, MIDDLE = issued("root", "root"), issued("middle", "root")
LEAF = issued("leaf", "middle", name=NAME, above=ABOVE)


def pem(*chain: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in chain)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def found(urls: Mapping[str, bytes], url: str = URL, at: datetime = NOON) -> Any:
    return certified_key(WANTED, Method.ECDSA, url, Certificates(urls.get, lambda: Store([ROOT])), at)


def refused(urls: Mapping[str, bytes], url: str = URL, at: datetime = NOON) -> Reason:
    with pytest.raises(Refused) as caught:
        found(urls, url, at)
    return caught.value.reason


def test_it_believes_a_certificate_that_comes_with_what_is_above_it() -> None:
    assert found({URL: pem(LEAF, MIDDLE)}) == KEYS["leaf"].public_key()


@pytest.mark.parametrize("middle", [pem(MIDDLE), der(MIDDLE)], ids=["PEM", "DER"])
def test_it_fetches_what_is_above_a_certificate(middle: bytes) -> None:
    assert found({URL: pem(LEAF), ABOVE: middle}) == KEYS["leaf"].public_key()


@pytest.mark.parametrize(
    "urls",
    [
        {URL: pem(LEAF)},
        {URL: pem(LEAF), ABOVE: b"nonsense"},
        {URL: pem(LEAF), ABOVE: pem(LEAF)},
        {URL: pem(LEAF), ABOVE: pem(issued("middle", "evil"))},
        {URL: pem(issued("leaf", "middle", name=NAME, above=EVIL)), EVIL: pem(MIDDLE)},
        {URL: pem(issued("leaf", "middle", name="sign.evil.example"), MIDDLE)},
        {URL: pem(issued("leaf", "evil", name=NAME), issued("evil", "evil"))},
        {URL: pem(issued("evil", "evil", name=NAME))},
    ],
    ids=["alone", "broken above", "itself above", "of another", "elsewhere", "other name", "other root", "self-signed"],
)
def test_it_does_not_believe(urls: dict[str, bytes]) -> None:
    assert refused(urls) is Reason.CERTIFICATE_UNTRUSTED


def test_it_believes_no_certificate_before_or_after_its_time() -> None:
    urls = {URL: pem(LEAF, MIDDLE)}
    assert refused(urls, at=NOON + timedelta(days=91)) is Reason.CERTIFICATE_UNTRUSTED
    assert refused(urls, at=NOON - timedelta(days=2)) is Reason.CERTIFICATE_UNTRUSTED


def test_it_takes_no_key_that_nobody_signs_with() -> None:
    leaf = issued("leaf", "middle", name=NAME, key=ed25519.Ed25519PrivateKey.generate().public_key())
    assert refused({URL: pem(leaf, MIDDLE)}) is Reason.CERTIFICATE_UNTRUSTED


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA", b"<html>"])
def test_it_says_that_a_certificate_cannot_be_had(content: bytes | None) -> None:
    assert refused({} if content is None else {URL: content}) is Reason.CERTIFICATE_UNAVAILABLE


def test_nothing_is_believed_where_nothing_can_be_fetched() -> None:
    with pytest.raises(Refused) as caught:
        certified_key(WANTED, Method.ECDSA, URL, None, NOON)
    assert caught.value.reason is Reason.CERTIFICATE_UNAVAILABLE


def test_it_fetches_nothing_from_anywhere_else() -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return pem(LEAF, MIDDLE)

    certificates = Certificates(fetch, lambda: Store([ROOT]))
    with pytest.raises(Refused):
        certified_key(WANTED, Method.ECDSA, "https://certs.evil.example/v1/leaf", certificates, NOON)
    assert asked == []


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.example/v1/x", True),
        ("https://api.example:443/v1/x", True),
        ("https://API.EXAMPLE/v1/x", True),
        ("https://a.wild.example/v1/x", True),
        ("http://api.example/v1/x", False),
        ("https://api.example:8443/v1/x", False),
        ("https://api.example/v2/x", False),
        ("https://api.example.evil.example/v1/x", False),
        ("https://api.example/v1/x?1", False),
        ("https://api.example/v1/x#1", False),
        ("https://user@api.example/v1/x", False),
        ("https://evil.example\\@api.example/v1/x", False),
        ("https://wild.example/v1/x", False),
        ("https://evilwild.example/v1/x", False),
        ("https://api.example:port/v1/", False),
        ("https://[api.example/v1/", False),
        ("//api.example/v1/x", False),
        ("", False),
    ],
)
def test_it_knows_from_where_a_certificate_may_come(url: str, allowed: bool) -> None:
    assert is_allowed(url, ("api.example", "*.wild.example"), "/v1/") is allowed


def test_the_roots_are_those_of_a_browser() -> None:
    assert isinstance(bundled_roots(), Store)


def paypal() -> Vector:
    return next(vector for vector in all_vectors() if vector.scheme.slug == "paypal")


def test_paypal_is_not_believed_with_another_certificate() -> None:
    other = pem(issued("leaf", "root", name="messageverificationcerts.paypal.com", key=_rsa().public_key()))
    vector = paypal()
    mine = replace(vector, certificates=Certificates(lambda _: other, lambda: Store([ROOT])))
    assert mine.judged().reason == Reason.SIGNATURE_MISMATCH
    assert replace(vector, certificates=None).judged().reason == Reason.CERTIFICATE_UNAVAILABLE
    assert replace(vector, settings={"webhook_id": "another"}).judged().reason == Reason.SIGNATURE_MISMATCH
    evil = "https://api.paypal.com.evil.example/v1/notifications/certs/1"
    elsewhere = with_header(vector.received, "PAYPAL-CERT-URL", evil)
    assert vector.judged(elsewhere).reason == Reason.CERTIFICATE_UNTRUSTED


def test_what_paypal_signed_once_counts_once() -> None:
    vector = paypal()
    body, length = vector.received.body, len(vector.received.body)
    other = with_checksum_of(body, b" " * (length - 4))
    assert (other != body, zlib.crc32(other)) == (True, zlib.crc32(body))
    verdicts = [vector.judged(), vector.judged(replace(vector.received, body=other))]
    assert [verdict.once for verdict in verdicts] == ["69cd13f0-d67a-11e5-baa3-778b53f4ae55"] * 2


def with_checksum_of(body: bytes, beginning: bytes) -> bytes:
    """The beginning and four bytes more, with the same CRC32: it is linear, so that each bit counts for itself."""
    none = zlib.crc32(beginning + bytes(4))
    rows = [(zlib.crc32(beginning + (1 << bit).to_bytes(4)) ^ none, 1 << bit) for bit in range(32)]
    left, found = zlib.crc32(body) ^ none, 0
    for bit in reversed(range(32)):
        at = next(index for index, row in enumerate(rows) if row[0] >> bit & 1)
        difference, mine = rows.pop(at)
        rows = [(row[0] ^ difference, row[1] ^ mine) if row[0] >> bit & 1 else row for row in rows]
        if left >> bit & 1:
            left, found = left ^ difference, found ^ mine
    return beginning + found.to_bytes(4)


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
