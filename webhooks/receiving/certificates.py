"""The certificates that some providers' requests name, fetched through the one door out and kept for a while."""

from threading import Lock

from cachetools import TTLCache

from integrations.egress import EgressRequest, EgressRules
from integrations.egress.blocking import send
from integrations.errors import EgressBlocked, UpstreamBroken, UpstreamFailure
from webhooks.signatures.certificates import LARGEST_BYTES, Certificates

KEPT_SECONDS = 3600
_RULES = EgressRules("", timeout_seconds=5, max_response_bytes=LARGEST_BYTES, max_redirects=0)
"""Nobody's tenant: the provider's host is named by the scheme."""

_lock = Lock()
_kept: TTLCache[str, bytes] = TTLCache(maxsize=100, ttl=KEPT_SECONDS)


def certificates() -> Certificates:
    return Certificates(fetch)


def fetch(url: str) -> bytes | None:
    """The PEM that is there; None: it cannot be had now. Call it in a thread."""
    with _lock:
        kept = _kept.get(url)
    if kept is not None:
        return kept
    try:
        fetched = pem_at(url)
    except (EgressBlocked, UpstreamFailure):
        return None
    with _lock:
        _kept[url] = fetched
    return fetched


def pem_at(url: str) -> bytes:
    """Raises EgressBlocked, UpstreamFailure."""
    response = send(EgressRequest("GET", url), rules=_RULES)
    if response.status != 200:
        raise UpstreamBroken
    return response.body
