"""What one call goes out with: a base URL, and the credential put into a request to where it may go."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from integrations.egress import EgressRequest
from integrations.egress.targets import read_target

Apply = Callable[[EgressRequest], EgressRequest]


@dataclass(frozen=True)
class CallGrant:
    """Plain text lives in here for the length of a call, and in no repr."""

    connection_id: UUID
    credential_id: UUID
    token_version: int
    """Counts the tokens of the credential: who was refused with this one asks for a newer."""
    base_url: str
    origins: frozenset[tuple[str, str, int]]
    """Scheme, host and port of each place that the credential may be sent to."""
    refreshable: bool
    """Whether another token may be had where this one is refused."""
    secrets: tuple[str, ...] = field(repr=False)
    """For redaction: whatever of it a service echoes."""
    apply: Apply = field(repr=False)
    """The request with the credential in it. Not for requests to other origins: `authorised` sees to that."""


def may_be_told(grant: CallGrant, url: str) -> bool:
    """Whether the credential may be sent to this URL. Raises EgressBlocked for one that cannot be called."""
    return read_target(url).origin in grant.origins


def authorised(request: EgressRequest, grant: CallGrant) -> EgressRequest:
    """The request with the credential in it where it may be sent, and as it is elsewhere.

    Egress is told what is secret in it and where it may go, so that no redirect takes it further.
    """
    if not may_be_told(grant, request.url):
        return request
    return replace(grant.apply(request), secrets=grant.secrets, origins=grant.origins)
