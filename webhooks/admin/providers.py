"""Choosing who will send: every scheme that there is, with how it signs."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from webhooks.admin.cells import scheme_monogram
from webhooks.signatures.shelf import all_schemes
from webhooks.signatures.types import Method, Scheme

_HOW = {
    Method.HMAC: "HMAC",
    Method.DIGEST: "Hash",
    Method.TOKEN: "Shared token",
    Method.ED25519: "Ed25519",
    Method.ECDSA: "ECDSA",
    Method.RSA: "RSA",
    Method.NONE: "Not signed",
}
_HASHED = frozenset({Method.HMAC, Method.DIGEST, Method.ECDSA, Method.RSA})
GENERIC = ("generic-", "standard-webhooks", "basic", "unsigned")
"""Those that fit services of any name: they come last in the list."""


@dataclass(frozen=True)
class ProviderCard:
    scheme: Scheme
    monogram: SafeString
    how: str
    is_generic: bool
    text: str
    """What is searched."""


def provider_cards(query: str) -> list[ProviderCard]:
    """Those whose names hold every word; providers first, then what fits any of them."""
    cards = [_card(scheme) for scheme in all_schemes()]
    found = [card for card in cards if all(word in card.text for word in query.lower().split())]
    return sorted(found, key=lambda card: card.is_generic)


def how_it_signs(scheme: Scheme) -> str:
    """`HMAC-SHA256`; several with commas between them."""
    words = [
        f"{_HOW[each.method]}-{each.hash.upper()}" if each.method in _HASHED else _HOW[each.method]
        for each in scheme.signatures
    ]
    return ", ".join(dict.fromkeys(words))


def _card(scheme: Scheme) -> ProviderCard:
    how = how_it_signs(scheme)
    return ProviderCard(
        scheme=scheme,
        monogram=scheme_monogram(scheme.slug),
        how=how,
        is_generic=scheme.slug.startswith(GENERIC),
        text=f"{scheme.name} {scheme.slug} {how}".lower(),
    )
