"""The key in a certificate that a request names: from where it may come, and whether it is to be believed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from webhooks.signatures.keys import PublicKey
from webhooks.signatures.types import Certificate
from webhooks.signatures.verdict import Reason, Refused

LARGEST_BYTES = 100_000
MOST_CERTIFICATES = 10


@cache
def bundled_roots() -> Store:
    """Those that certifi comes with."""
    return Store(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))


@dataclass(frozen=True)
class Certificates:
    """What fetches certificates, and the roots that are believed."""

    fetch: Callable[[str], bytes | None]
    """The PEM behind a URL; None: it cannot be had. It raises nothing, and is asked only for URLs that are allowed."""
    roots: Callable[[], Store] = bundled_roots


def certified_key(wanted: Certificate, url: str, certificates: Certificates | None, now: datetime) -> PublicKey:
    """The key of the certificate at that URL. Raises Refused where it is not to be believed."""
    if not is_allowed(url, wanted.hosts):
        raise Refused(
            Reason.CERTIFICATE_UNTRUSTED,
            f"The request names a certificate that is not at {' or '.join(wanted.hosts)}: {url[:200]!r}. "
            "It is not from the provider.",
        )
    chain = _chain(certificates.fetch(url) if certificates else None)
    if certificates is None or not chain:
        raise Refused(
            Reason.CERTIFICATE_UNAVAILABLE,
            f"The certificate at {url[:200]} could not be fetched. Let the provider send the event again.",
        )
    _verify(chain, wanted.names, certificates.roots(), now)
    key = chain[0].public_key()
    if not isinstance(key, PublicKey):
        raise Refused(Reason.CERTIFICATE_UNTRUSTED, "The certificate's key is of a kind that no provider signs with.")
    return key


def is_allowed(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether a certificate may be fetched there: https, its usual port, one of the hosts."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    usual = parts.scheme == "https" and port in (None, 443) and parts.username is None and parts.password is None
    return usual and any(_is(parts.hostname or "", host) for host in hosts)


def _is(name: str, host: str) -> bool:
    return name.endswith(host[1:]) if host.startswith("*.") else name == host


def _chain(pem: bytes | None) -> list[x509.Certificate]:
    """The signer's first."""
    try:
        return x509.load_pem_x509_certificates((pem or b"")[:LARGEST_BYTES])[:MOST_CERTIFICATES]
    except ValueError:
        return []


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
