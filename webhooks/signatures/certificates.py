"""The key in a certificate that a request names: from where it may come, and whether it is to be believed."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from webhooks.signatures.keys import PublicKey, of_kind
from webhooks.signatures.types import Certificate, Method
from webhooks.signatures.verdict import Reason, Refused

LARGEST_BYTES = 100_000
LONGEST_CHAIN = 4
"""Certificates between a signer's and a root's, and the signer's."""
_PORTS = {"https": (None, 443), "http": (None, 80)}
_PEM = b"-----BEGIN "


@cache
def bundled_roots() -> Store:
    """Those that certifi comes with, without any that is not as RFC 5280 has it."""
    blocks = Path(certifi.where()).read_bytes().split(_PEM)[1:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the library warns of those, and will refuse them one day
        return Store([root for block in blocks for root in _root(_PEM + block)])


def _root(pem: bytes) -> Iterator[x509.Certificate]:
    with suppress(ValueError, CryptographyDeprecationWarning):
        yield x509.load_pem_x509_certificate(pem)


@dataclass(frozen=True)
class Certificates:
    """What fetches certificates, and the roots that are believed."""

    fetch: Callable[[str], bytes | None]
    """What is behind a URL, whole; None: it cannot be had. It raises nothing, and is asked only for what is allowed."""
    roots: Callable[[], Store] = bundled_roots


def certified_key(
    wanted: Certificate, method: Method, url: str, certificates: Certificates | None, now: datetime
) -> PublicKey:
    """The key of the certificate at that URL. Raises Refused where it is not to be believed."""
    if not is_allowed(url, wanted.hosts, wanted.path):
        raise Refused(
            Reason.CERTIFICATE_UNTRUSTED,
            f"The request names a certificate that is not at {' or '.join(wanted.hosts)}{wanted.path}: {url[:200]!r}. "
            "It is not from the provider.",
        )
    chain = _chain(certificates, url, wanted.issuers) if certificates else []
    if certificates is None or not chain:
        raise Refused(
            Reason.CERTIFICATE_UNAVAILABLE,
            f"The certificate at {url[:200]} could not be fetched. Let the provider send the event again.",
        )
    _verify(chain, wanted.names, certificates.roots(), now)
    if key := of_kind(chain[0].public_key(), method):
        return key
    raise Refused(Reason.CERTIFICATE_UNTRUSTED, f"The certificate's key is not of the kind that signs with {method}.")


def is_allowed(url: str, hosts: tuple[str, ...], path: str = "/", *, schemes: tuple[str, ...] = ("https",)) -> bool:
    """Whether a certificate may be fetched there: from one of the hosts, at its usual port."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    usual = parts.scheme in schemes and port in _PORTS[parts.scheme] and "@" not in parts.netloc
    usual = usual and not parts.query and not parts.fragment  # or one certificate would have many addresses
    return usual and parts.path.startswith(path) and any(_is(parts.hostname or "", host) for host in hosts)


def _is(name: str, host: str) -> bool:
    return name.endswith(host[1:]) if host.startswith("*.") else name == host


def _chain(certificates: Certificates, url: str, issuers: tuple[str, ...]) -> list[x509.Certificate]:
    """The signer's first, then what leads to a root: sent with it, or behind the address that it names itself."""
    chain = _loaded(certificates.fetch(url))
    while chain and issuers and len(chain) < LONGEST_CHAIN:
        above = _issuer_url(chain[-1])
        found = _loaded(certificates.fetch(above)) if is_allowed(above, issuers, schemes=("https", "http")) else []
        if not found or found[0] in chain:
            break
        chain.append(found[0])
    return chain


def _loaded(content: bytes | None) -> list[x509.Certificate]:
    """From PEM, or one in DER. What is broken is none."""
    content = (content or b"")[:LARGEST_BYTES]
    try:
        if content.lstrip().startswith(_PEM):
            return x509.load_pem_x509_certificates(content)[:LONGEST_CHAIN]
        return [x509.load_der_x509_certificate(content)] if content else []
    except ValueError:
        return []


def _issuer_url(certificate: x509.Certificate) -> str:
    """Where it says that its issuer's is (RFC 5280, 4.2.2.1). It may be `http`: what comes is checked like the rest."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ""
    found = (each.access_location for each in access if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS)
    return next((place.value for place in found if isinstance(place, x509.UniformResourceIdentifier)), "")


def _verify(chain: list[x509.Certificate], names: tuple[str, ...], roots: Store, now: datetime) -> None:
    for name in names:
        verifier = PolicyBuilder().store(roots).time(now).build_server_verifier(x509.DNSName(name))
        try:
            verifier.verify(chain[0], chain[1:])
        except VerificationError:
            continue
        return
    raise Refused(
        Reason.CERTIFICATE_UNTRUSTED,
        f"The certificate is not valid now, is not for {' or '.join(names)}, or leads to no root that is trusted here.",
    )
