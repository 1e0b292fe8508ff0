"""Whatever comes: a verdict, a name and an answer are given, and nothing is believed that was not signed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.webhooks.signatures.other_keys import other_secret
from tests.webhooks.signatures.test_samples import SETTINGS
from tests.webhooks.signatures.vector_files import NOON, URL, all_vectors, with_header
from webhooks.signatures.certificates import Certificates
from webhooks.signatures.challenge import challenge_of
from webhooks.signatures.event import event_of
from webhooks.signatures.forms import MULTIPART, URLENCODED
from webhooks.signatures.received import Received
from webhooks.signatures.shelf import all_schemes
from webhooks.signatures.sign import sign
from webhooks.signatures.types import Place, Scheme
from webhooks.signatures.verdict import Reason, Verdict
from webhooks.signatures.verify import verify

# Characters that texts from the wire may hold, and some that only a broken caller would hand in.
letters = st.characters(max_codepoint=0x2FFF) | st.sampled_from("\ud800\x00\r\n,;=:%&{}")
texts = st.text(letters, max_size=60)
moments = st.datetimes(timezones=st.just(UTC))
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def headers_of(scheme: Scheme) -> list[str]:
    """Those that the scheme looks at."""
    values = [sources for each in scheme.signatures for sources in each.values.values()]
    named = [source.name for sources in values for source in sources if source.place is Place.HEADER]
    conditions = [name for each in scheme.signatures for name in (*each.when.header, *each.when.header_holds)]
    certificates = [source.name for each in scheme.signatures if each.certificate for source in each.certificate.url]
    return sorted({*named, *conditions, *certificates, "Content-Type"})


def bodies() -> st.SearchStrategy[bytes]:
    return st.binary(max_size=200) | documents.map(lambda value: json.dumps(value).encode())


@st.composite
def requests(draw: st.DrawFn, scheme: Scheme) -> Received:
    """The headers that the scheme looks at, with anything in them, in any number."""
    kinds = st.sampled_from(["application/json", URLENCODED, f"{MULTIPART}; boundary=x"])
    values = texts | kinds | st.sampled_from(["v1=00", "t=1,v1=00", "v0=00", "sha256=00", "https://api.paypal.com/v1/"])
    pairs = st.tuples(st.sampled_from(headers_of(scheme)), values)
    return Received(
        method=draw(st.sampled_from(["POST", "GET", "HEAD", "PUT", "\ud800"])),
        url=draw(st.sampled_from([URL, "https://[x", "", "//?%zz=\ud800"]) | texts),
        headers=tuple(draw(st.lists(pairs, max_size=8))),
        body=draw(bodies()),
        at=NOON,
    )


def secrets_of(scheme: Scheme) -> list[str]:
    """One of the right form, so that more is looked at than the secret."""
    return [other_secret(scheme, scheme.signatures[0].method)] if scheme.secret else []


def judged(scheme: Scheme, received: Received, secrets: list[str], given: dict[str, str], now: datetime) -> Verdict:
    certificates = Certificates(fetch=lambda _: received.body)
    return verify(scheme, received, secrets, given, now=now, certificates=certificates)


@pytest.mark.parametrize("scheme", [each for each in all_schemes() if not each.unsigned], ids=lambda each: each.slug)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(data=st.data())
def test_nothing_is_believed_and_nothing_is_raised(scheme: Scheme, data: Any) -> None:
    received = data.draw(requests(scheme))
    secrets = data.draw(st.just(secrets_of(scheme)) | st.lists(texts, max_size=3))
    chosen = data.draw(st.just(SETTINGS.get(scheme.slug, {})) | st.dictionaries(texts, texts, max_size=2))
    now = data.draw(moments)
    verdict = judged(scheme, received, secrets, chosen, now)
    assert not verdict.valid
    assert verdict.reason in set(Reason) - {Reason.NOT_VERIFIABLE}
    assert verdict.detail
    facts = event_of(scheme, received, chosen)
    assert len(facts.id or "") <= 200
    assert facts.type.isprintable()
    challenge_of(scheme, received, secrets, chosen, now=now)
    sign(scheme, received, (secrets or [""])[0], chosen, now=now)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_other_header_makes_a_signed_request_fail(data: Any) -> None:
    vector = data.draw(st.sampled_from(all_vectors()))
    name = data.draw(texts.filter(lambda text: text.lower() not in map(str.lower, headers_of(vector.scheme))))
    assert vector.judged(with_header(vector.received, f"X-Not-Looked-At-{name}", data.draw(texts))).valid
