"""Secrets as admins enter them."""

import pytest

from tests.webhooks.signatures.other_keys import key_pair
from tests.webhooks.signatures.written import SECRET, request, scheme
from webhooks.signatures.keys import scheme_secret_fault
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.sign import sign
from webhooks.signatures.types import Scheme
from webhooks.signatures.verify import verify

EC = {"verify": "ecdsa", "encoding": "base64"}
RSA = {"verify": "rsa", "encoding": "base64url", "hash": "sha512"}
ED = {"verify": "ed25519"}


def named(slug: str) -> Scheme:
    found = scheme_named(slug)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("slug", "secret", "fault"),
    [
        ("stripe", "whsec_anything", ""),
        ("stripe", " ", "Signing secret: this is not a secret. Copy all of it again"),
        ("standard-webhooks", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", ""),
        ("standard-webhooks", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD", ""),
        ("standard-webhooks", "whsec_C2FVsBQ!", "Signing secret: this is not base64."),
        ("standard-webhooks", "whsec_", "Signing secret: this is not base64."),
        ("adyen", "44782DEF547AAA06C910C43932B1EB0C", ""),
        ("adyen", "44782DEF547AAA06C910C43932B1EB0", "HMAC key: this is not hexadecimal."),
        ("discord", "00" * 31, "Public key: this is not a public key in hexadecimal."),
        ("sendgrid", "aGVsbG8=", "Verification key: this is not a public key in base64."),
        ("unsigned", "secret", "This scheme has no secret. Leave it out."),
    ],
)
def test_it_says_what_is_wrong_with_a_secret(slug: str, secret: str, fault: str) -> None:
    assert scheme_secret_fault(named(slug), secret).startswith(fault)
    assert bool(scheme_secret_fault(named(slug), secret)) is bool(fault)


@pytest.mark.parametrize("signature", [EC, RSA, ED], ids=lambda signature: str(signature["verify"]))
@pytest.mark.parametrize("key", ["text", "base64", "base64url", "hex"])
def test_it_reads_public_keys_in_pem_and_der(signature: dict[str, str], key: str) -> None:
    read = scheme(signature, secret={"key": key})
    private, public = key_pair(read)
    received = sign(read, request(), private, {}, now=request().at)
    assert received is not None
    assert verify(read, received, [public], {}, now=request().at).valid


def test_it_takes_no_key_of_another_kind() -> None:
    _, public = key_pair(scheme(RSA))
    assert scheme_secret_fault(scheme(EC), public).startswith("Signing secret: this is not a public key in PEM.")


@pytest.mark.parametrize("signature", [EC, RSA, ED], ids=lambda signature: str(signature["verify"]))
def test_it_signs_with_no_key_of_another_kind(signature: dict[str, str]) -> None:
    other, _ = key_pair(scheme(RSA if signature is not RSA else EC))
    assert sign(scheme(signature), request(), other, {}, now=request().at) is None
    assert sign(scheme(signature), request(), SECRET, {}, now=request().at) is None


def test_it_signs_with_raw_keys_as_discord_shows_them() -> None:
    private, public = "4c" * 32, "b1a4f06a5d30c5e0f5a7c1a0c9b3e1b8" * 2
    received = sign(named("discord"), request(), private, {}, now=request().at)
    assert received is not None
    assert not verify(named("discord"), received, [public], {}, now=request().at).valid
