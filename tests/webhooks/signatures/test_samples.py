"""A sample of every scheme, signed as the provider would, is believed and named."""

import pytest

from tests.webhooks.signatures.other_keys import key_pair
from tests.webhooks.signatures.vector_files import NOON, URL
from webhooks.signatures.event import EventFacts, event_of
from webhooks.signatures.received import Received
from webhooks.signatures.samples import Sample, samples_of
from webhooks.signatures.shelf import all_schemes
from webhooks.signatures.sign import sign
from webhooks.signatures.types import Scheme
from webhooks.signatures.verify import verify

SETTINGS = {
    "paypal": {"webhook_id": "8PT597110X687430LKGECATA"},
    "meta": {"verify_token": "a-long-verify-token"},
    "basic": {"username": "globex"},
}

each_scheme = pytest.mark.parametrize("scheme", all_schemes(), ids=lambda scheme: scheme.slug)


def signed(scheme: Scheme, sample: Sample) -> Received:
    private, _ = key_pair(scheme)
    made = sign(scheme, sample.request(URL, NOON), private, SETTINGS.get(scheme.slug, {}), now=NOON)
    assert made is not None, sample.name
    return made


@each_scheme
def test_there_are_two_to_four_of_every_scheme(scheme: Scheme) -> None:
    assert 2 <= len(samples_of(scheme.slug)) <= 4


def test_there_are_none_of_an_unknown_scheme() -> None:
    assert samples_of("../schemes/stripe") == ()


@pytest.mark.parametrize(
    "scheme",
    # Only whoever has a certificate has its private key.
    [scheme for scheme in all_schemes() if not any(signature.certificate for signature in scheme.signatures)],
    ids=lambda scheme: scheme.slug,
)
def test_they_are_believed_once_they_are_signed(scheme: Scheme) -> None:
    _, public = key_pair(scheme)
    for sample in samples_of(scheme.slug):
        verdict = verify(scheme, signed(scheme, sample), [public], SETTINGS.get(scheme.slug, {}), now=NOON)
        assert (verdict.reason, verdict.detail, verdict.valid) == ("", "", True), sample.name


@each_scheme
def test_their_ids_and_types_are_found(scheme: Scheme) -> None:
    for sample in samples_of(scheme.slug):
        facts = event_of(scheme, signed(scheme, sample), SETTINGS.get(scheme.slug, {}))
        assert facts == EventFacts(sample.id, sample.type), sample.name
