"""Who signs how, and whose library has to take it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.webhooks.signatures.make_vectors.first_half import libraries, signing
from tests.webhooks.signatures.make_vectors.first_half.request import Sign, Take

Named = Callable[[], str]
"""A library's name with its version, which is known where it is installed."""


@dataclass(frozen=True)
class Vendor:
    secret: str
    sign: Sign
    take: Take | None = None
    """None: there is no library of the vendor's for Python or JavaScript that verifies webhooks."""
    library: Named = str
    both: tuple[str, str] = ("", "")
    """While a secret is replaced: the header that holds the signatures under both, and what stands between them."""
    stamp: str = ""
    """The field of the body that says when it was signed, in milliseconds."""
    ascii_alone: bool = False
    """Its library takes no other letters."""


def _python(name: str) -> Named:
    return lambda: libraries.from_pypi(name)


def _javascript(name: str) -> Named:
    return lambda: libraries.from_npm(name)


def _svix(secret: str, take: Take, library: str) -> Vendor:
    return Vendor(secret, signing.standard("svix"), take, _python(library), both=("svix-signature", " "))


def _standard(secret: str, take: Take, library: str) -> Vendor:
    return Vendor(secret, signing.standard("webhook"), take, _python(library), both=("webhook-signature", " "))


VENDORS = {
    "airtable": Vendor(
        "TGVkZ2VyIGF0IGRhd24sIGV2ZXJ5IGVudHJ5IGluIGl0cyBwbGFjZQ==",
        signing.airtable,
        libraries.pyairtable,
        _python("pyairtable"),
        ascii_alone=True,
    ),
    "asana": Vendor("6f1d5a0e2c4b4d798a310e9b8c7d6a55", signing.hexadecimal("X-Hook-Signature")),
    "bitbucket": Vendor("ledger at dawn", signing.hexadecimal("X-Hub-Signature", "sha256=")),
    "calendly": Vendor("kY2bXq7dNn0tT4vU9wZc", signing.calendly),
    "clerk": _svix("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", libraries.svix, "svix"),
    "gitlab": Vendor("glwh-3c1f7a9e5b2d4860", signing.gitlab),
    "gitlab-signed": _standard(
        "whsec_bGVkZ2VyIGF0IGRhd24sIDMyIGJ5dGVzIGxvbmchISE=", libraries.standardwebhooks, "standardwebhooks"
    ),
    "intercom": Vendor("0b8f3d52-7c16-4e9a-a2d4-5f6071829301", signing.hexadecimal("X-Hub-Signature", "sha1=", "sha1")),
    "jira": Vendor("xQ9vB2nM5kL8jH1gF4dS", signing.hexadecimal("X-Hub-Signature", "sha256=")),
    "linear": Vendor(
        "lin_wh_4pQ7rS0tU3vW6xY9zA2bC5dE8fG1hJ4k",
        signing.hexadecimal("Linear-Signature"),
        libraries.in_javascript("linear"),
        _javascript("@linear/sdk"),
        stamp="webhookTimestamp",
    ),
    "openai": _standard("whsec_b3BlbiBsZWRnZXIgYXQgZGF3biwgYWdhaW4gYW5kIGFnYWlu", libraries.openai, "openai"),
    "pagerduty": Vendor(
        "9nXbV6cZ3xL0kJ7hG4fD1sA8pO5iU2yT/qW+eR==",
        signing.hexadecimal("X-PagerDuty-Signature", "v1="),
        both=("X-PagerDuty-Signature", ","),
    ),
    "postmark": Vendor("mU7-tR4_wQ1:zX8", signing.postmark),
    "resend": _svix("whsec_cmVzZW5kIHRoZSBsZWRnZXIgYXQgZGF3bg==", libraries.resend, "resend"),
    "salesforce-marketing-cloud": Vendor(
        "k4gT0mXwV7yZ2bN5cQ8dR1eS3fU6hJ9iL0aP+oK/lM4=", signing.in_base64("x-sfmc-ens-signature")
    ),
    "shopify": Vendor(
        "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",
        signing.in_base64("X-Shopify-Hmac-SHA256"),
        libraries.in_javascript("shopify"),
        _javascript("@shopify/shopify-api"),
    ),
    "square": Vendor("aVQ0bXk3c0tXd2xZb1Rr", signing.square, libraries.square, _python("squareup")),
    "trello": Vendor("c7d1f0b82e454c69b1a37f6e5d4c3b33a3c0e7f451d24b869f0a1d2c3b4a5e66", signing.trello),
    "typeform": Vendor("more pegs, please", signing.in_base64("Typeform-Signature", "sha256=")),
    "workos": Vendor("wosec_T2xkIGxlZGdlcnMgbmV2ZXIgZGll", signing.workos, libraries.workos, _python("workos")),
    "zendesk": Vendor("dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", signing.zendesk),
}
