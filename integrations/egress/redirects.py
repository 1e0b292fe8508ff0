"""What follows on a redirect, by RFC 9110 section 15.4: a pure function from one hop to the next."""

from dataclasses import dataclass, field

from multidict import CIMultiDict

from integrations.egress.messages import EgressRequest, EgressRules, outgoing_headers
from integrations.egress.targets import Target, join_target, read_target
from integrations.errors import EgressBlocked, UpstreamBroken

REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Any other header may carry a credential, so it does not follow to another origin.
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "content-language", "user-agent"}
)


@dataclass(frozen=True)
class Hop:
    """One request of a call that may be redirected."""

    method: str
    target: Target
    headers: CIMultiDict[str] = field(repr=False)
    body: bytes | None = field(repr=False)
    redirects_left: int | None
    """None: redirects are not followed."""


def first_hop(request: EgressRequest, rules: EgressRules) -> Hop:
    """Raises EgressBlocked for a URL, method or header that is not sent."""
    target, headers = read_target(request.url), outgoing_headers(request)
    headers["Host"] = target.host_header
    return Hop(request.method, target, headers, request.body, rules.max_redirects or None)


def next_hop(hop: Hop, status: int, location: str | None) -> Hop | None:
    """The request that a redirect asks for, or None when the answer is to be taken as it is.

    Raises EgressBlocked for a target that is no HTTP URL or gives up TLS, UpstreamBroken when there were too many.
    """
    if status not in REDIRECTS or location is None or hop.redirects_left is None:
        return None
    if hop.redirects_left == 0:
        raise UpstreamBroken("The service redirects too often. Use the address that it finally leads to.")
    target = join_target(hop.target, location)
    if hop.target.scheme == "https" and target.scheme == "http":
        raise EgressBlocked("The service redirects from https to http, which would send the call in the clear.")
    headers = _following(hop, target)
    headers["Host"] = target.host_header
    method, body = hop.method, hop.body
    if _becomes_get(status, method):
        method, body = "GET", None
        for name in [name for name in headers if name.lower().startswith("content-")]:
            del headers[name]
    return Hop(method, target, headers, body, hop.redirects_left - 1)


def _becomes_get(status: int, method: str) -> bool:
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _following(hop: Hop, target: Target) -> CIMultiDict[str]:
    if target.origin == hop.target.origin:
        return hop.headers.copy()
    return CIMultiDict((name, value) for name, value in hop.headers.items() if name.lower() in _HARMLESS)
