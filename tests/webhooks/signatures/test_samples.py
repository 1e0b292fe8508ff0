"""A sample of every scheme, signed as the provider would, is believed and named."""

import pytest

from tests.webhooks.signatures.other_keys import key_pair
from tests.webhooks.signatures.vector_files import NOON, URL
from webhooks.signatures.event import EventFacts, event_of
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
CASES = [
    pytest.param(scheme, sample, id=f"{scheme.slug}: {sample.name}")
    for scheme in all_schemes()
    for sample in samples_of(scheme.slug)
]


@pytest.mark.parametrize("scheme", all_schemes(), ids=lambda scheme: scheme.slug)
def test_there_are_two_to_four_of_every_scheme(scheme: Scheme) -> None:
    assert 2 <= len(samples_of(scheme.slug)) <= 4


def test_there_are_none_of_an_unknown_scheme() -> None:
    assert samples_of("../schemes/stripe") == ()


@pytest.mark.parametrize(("scheme", "sample"), CASES)
def test_it_is_believed_once_it_is_signed(scheme: Scheme, sample: Sample) -> None:
    settings = SETTINGS.get(scheme.slug, {})
    private, public = key_pair(scheme)
    signed = sign(scheme, sample.request(URL, NOON), private, settings, now=NOON)
    assert signed is not None
    if any(signature.certificate for signature in scheme.signatures):
        return  # only PayPal has the key of its certificate
    verdict = verify(scheme, signed, [public], settings, now=NOON)
    assert (verdict.reason, verdict.detail, verdict.valid) == ("", "", True)


@pytest.mark.parametrize(("scheme", "sample"), CASES)
def test_its_id_and_type_are_found(scheme: Scheme, sample: Sample) -> None:
    settings = SETTINGS.get(scheme.slug, {})
    signed = sign(scheme, sample.request(URL, NOON), key_pair(scheme)[0], settings, now=NOON)
    assert signed is not None
    assert event_of(scheme, signed, settings) == EventFacts(sample.id, sample.type)
