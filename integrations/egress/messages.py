"""What goes out through the one door and what comes back, the same for both clients."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDict, CIMultiDictProxy

from integrations.egress.targets import Origin
from integrations.errors import EgressBlocked, UpstreamTooLarge

USER_AGENT = "Quartermaster/0.1"
ACCEPT_ENCODING = "gzip, deflate"

# Limits on an answer's head, the same in both clients.
LONGEST_HEADER = 8190
MOST_HEADERS = 100
LARGEST_HEAD = 65_536
MOST_EARLY_ANSWERS = 10
"""Of the kind 1xx, before the answer that counts."""

# RFC 9110, 9.2.1: they change nothing, so that they may be sent once more.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_METHOD = re.compile(r"[A-Z]{1,20}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\ud7ff\ue000-\U0010ffff]*")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})
# These frame the message or belong to the connection: the client alone writes them.
_OURS = frozenset(
    (
        *("connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authorization"),
        *("proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via"),
    )
)


@dataclass(frozen=True)
class EgressRequest:
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Credentials in it, wherever they stand. No redirect takes them to another origin, not even in its address."""
    origins: frozenset[Origin] | None = None
    """Where it may go as it is, for the sake of these; None: anywhere."""


@dataclass(frozen=True)
class EgressRules:
    """What holds for one call, besides the operator's policy."""

    tenant_slug: str
    tenant_networks: tuple[str, ...] | None = None
    """The tenant's own narrowing list, from `policy.narrowing(tenant.egress_networks)`; None: no narrowing."""
    timeout_seconds: float = 30.0
    """For everything together: name, connection, redirects, body."""
    connect_timeout_seconds: float = 5.0
    idle_timeout_seconds: float = 60.0
    """Between two pieces of an answer that is streamed."""
    max_response_bytes: int = 10_000_000
    """Of the body, after decompression."""
    max_redirects: int = 5
    """0: a redirect is an answer like any other."""


@dataclass(frozen=True)
class Answer:
    """What came back on one hop, still packed."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass(frozen=True)
class EgressResponse:
    status: int
    headers: CIMultiDictProxy[str] = field(repr=False)
    """Case-insensitive; a header that came several times keeps its values (`getall`)."""
    body: bytes = field(repr=False)
    """Decompressed."""
    final_url: str = field(repr=False)
    """Where the answer came from, after redirects."""
    elapsed_seconds: float


def outgoing_headers(request: EgressRequest) -> CIMultiDict[str]:
    """The request's headers with ours. Raises EgressBlocked for one that would change the framing of the request."""
    if not _METHOD.fullmatch(request.method) or request.method in _REFUSED_METHODS:
        raise EgressBlocked("The method is not one that can be sent. Use GET, POST, PUT, PATCH, DELETE or HEAD.")
    headers = CIMultiDict({"User-Agent": USER_AGENT, "Accept": "*/*"})
    for name, value in request.headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise EgressBlocked("A header's name or value holds characters that HTTP does not allow. Take them out.")
        if name.lower() in _OURS:
            raise EgressBlocked(f"The header {name} belongs to the connection and cannot be set.")
        headers[name] = value
    headers["Accept-Encoding"] = ACCEPT_ENCODING
    return headers


def readable(headers: CIMultiDictProxy[str]) -> CIMultiDictProxy[str]:
    """An answer's headers with bytes that are no UTF-8 replaced, so that they can be stored and sent on.

    Raises UpstreamTooLarge when they are too many bytes together.
    """
    if sum(len(name) + len(value) for name, value in headers.items()) > LARGEST_HEAD:
        raise UpstreamTooLarge(f"The service's answer has more than {LARGEST_HEAD} bytes of headers.")
    if all(map(str.isascii, headers.values())):
        return headers
    return CIMultiDictProxy(
        CIMultiDict(
            (name, value.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
            for name, value in headers.items()
        )
    )
