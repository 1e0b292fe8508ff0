"""The port: what each way to prove who calls can do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from accounts.errors import Fault
from integrations.egress import EgressRequest, EgressResponse
from integrations.format.types import AuthWay


@dataclass(frozen=True)
class Client:
    """An OAuth client: what a tenant registered with the vendor."""

    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Held:
    """What a connection holds, opened. Plain text lives in here for the length of a call, and in no repr."""

    way: AuthWay
    base_url: str
    variables: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What a person entered, by the names of the way's fields."""
    access: str = field(default="", repr=False)
    """The token that calls carry, where the type has one."""
    refresh: str = field(default="", repr=False)
    client: Client | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value in it that nobody may see."""
        entered = [self.values[name] for name in sorted(self.way.secret_fields) if name in self.values]
        client = self.client.secret if self.client else ""
        return tuple(filter(None, [*entered, self.access, self.refresh, client]))


@dataclass(frozen=True)
class Token:
    """What a service gave for calls to carry."""

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    """Empty: the one that there was stays good."""
    lifetime_seconds: int | None = None
    """None: it does not expire."""
    refresh_lifetime_seconds: int | None = None
    scopes: tuple[str, ...] | None = None
    """None: the service did not say."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """Variables of the base URL that came with it."""


class Refusal(Exception):
    """A service does not take what it was shown, and says why: in its own words, masked."""

    def __init__(self, words: str, *, code: str = "", status: int = 0) -> None:
        super().__init__(words)
        self.words = words
        self.code = code
        """The protocol's word for it, such as `invalid_grant` (RFC 6749, 5.2)."""
        self.status = status


@dataclass(frozen=True)
class TokenCall:
    """How a token is had: what to send, and how to read the answer."""

    request: EgressRequest
    read: Callable[[EgressResponse], Token]
    """Raises Refusal, or UpstreamBroken for an answer that makes no sense."""


class Scheme(Protocol):
    """Stateless: one for all connections of its type."""

    carries_token: ClassVar[bool]
    """Whether calls carry a token that is had with what was entered, rather than that itself."""

    def faults(self, way: AuthWay, values: Mapping[str, str]) -> Iterable[Fault]:
        """What is wrong with values that fit the way's schema, by the rules of the type itself."""

    def apply(self, request: EgressRequest, held: Held) -> EgressRequest:
        """The request with the credential in it."""

    def ask(self, held: Held) -> TokenCall | None:
        """How a token is had with what is held; None where there is none to have."""
