"""What follows on a redirect, by RFC 9110 section 15.4: a pure function from one hop to the next."""

from dataclasses import dataclass, field
from urllib.parse import unquote

from multidict import CIMultiDict

from integrations.egress.messages import EgressRequest, EgressRules, outgoing_headers
from integrations.egress.targets import Target, join_target, read_target
from integrations.errors import EgressBlocked, UpstreamBroken
from integrations.redaction import KnownSecrets

REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Any other header may carry a credential, so it does not follow to another origin.
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "content-language", "user-agent"}
)

_ITS_ADDRESS = "Use the address that it finally leads to."


@dataclass(frozen=True)
class Hop:
    """One request of a call that may be redirected."""

    method: str
    target: Target
    headers: CIMultiDict[str] = field(repr=False)
    body: bytes | None = field(repr=False)
    redirects_left: int | None
    """None: redirects are not followed."""
    secrets: KnownSecrets = field(default=KnownSecrets(), repr=False)


def first_hop(request: EgressRequest, rules: EgressRules) -> Hop:
    """Raises EgressBlocked for a URL, method or header that is not sent, or not there."""
    target, headers = read_target(request.url), outgoing_headers(request)
    if request.origins is not None and target.origin not in request.origins:
        raise EgressBlocked(f"The credential is not for {target.host}:{target.port}. Check the address of the call.")
    headers["Host"] = target.host_header
    secrets = KnownSecrets(request.secrets)
    return Hop(request.method, target, headers, request.body, rules.max_redirects or None, secrets)


def next_hop(hop: Hop, status: int, location: str | None) -> Hop | None:
    """The request that a redirect asks for, or None when the answer is to be taken as it is.

    Raises EgressBlocked for a target that is no HTTP URL, gives up TLS or would be told what is not for it;
    UpstreamBroken when there were too many.
    """
    if status not in REDIRECTS or location is None or hop.redirects_left is None:
        return None
    if hop.redirects_left == 0:
        raise UpstreamBroken(f"The service redirects too often. {_ITS_ADDRESS}")
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
    if target.origin != hop.target.origin:
        _keep_to_the_origin(hop, target, location, body)
    return Hop(method, target, headers, body, hop.redirects_left - 1, hop.secrets)


def _keep_to_the_origin(hop: Hop, target: Target, location: str, body: bytes | None) -> None:
    """A body may hold a credential like any header, and an address that is sent on may repeat one."""
    is_upgraded = (hop.target.scheme, hop.target.host, target.scheme) == ("http", target.host, "https")
    if body and not is_upgraded:
        raise EgressBlocked(f"The service redirects to another host, which would be sent the body. {_ITS_ADDRESS}")
    if any(_holds(hop.secrets, text) for text in (location, unquote(location), target.url)):
        raise EgressBlocked(f"The service redirects to another host and tells it the credential. {_ITS_ADDRESS}")


def _holds(secrets: KnownSecrets, text: str) -> bool:
    return next(secrets.find(text), None) is not None


def _becomes_get(status: int, method: str) -> bool:
    return (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST")


def _following(hop: Hop, target: Target) -> CIMultiDict[str]:
    if target.origin == hop.target.origin:
        return hop.headers.copy()
    return CIMultiDict(
        (name, value)
        for name, value in hop.headers.items()
        if name.lower() in _HARMLESS and not _holds(hop.secrets, value)
    )
