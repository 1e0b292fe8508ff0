"""The port: what each way to prove who calls can do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from accounts.errors import Fault
from integrations.connections.auth.pairs import client_pair, pair
from integrations.egress import EgressRequest, EgressResponse
from integrations.errors import UpstreamBroken
from integrations.format.types import AuthType, AuthWay, ClientAuth

USER, PASSWORD = "username", "password"
"""Fields of a Basic way."""


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
    once: tuple[str, ...] = field(default=(), repr=False)
    """Good for one request: an authorization code, and its verifier."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value in it that nobody may see, and what a header makes of two of them."""
        entered = [self.values[name] for name in sorted(self.way.secret_fields) if name in self.values]
        said = [*entered, self.access, self.refresh, self.oauth_client.secret, *self.once, *self._pairs()]
        return tuple(filter(None, said))

    @property
    def oauth_client(self) -> Client:
        """The tenant's app; or what was entered, where each connection has a client of its own."""
        return self.client or Client(self.values.get("client_id", ""), self.values.get("client_secret", ""))

    def part(self, name: str) -> str:
        """What was entered, or the constant that the connector declares as the field's default."""
        default = self.way.fields.get("properties", {}).get(name, {}).get("default", "")
        return self.values.get(name) or str(default)

    def _pairs(self) -> Iterator[str]:
        if self.way.type is AuthType.BASIC and self.values:
            yield pair(self.part(USER), self.part(PASSWORD))
        if self.way.oauth and self.way.oauth.client_auth is ClientAuth.BASIC and self.oauth_client.secret:
            yield client_pair(self.oauth_client.id, self.oauth_client.secret)


LONGEST_TOKEN = 20_000
"""As long as a value that a person enters may be. Headers end at some 8,000 letters with most servers."""


@dataclass(frozen=True)
class Token:
    """What a service gave for calls to carry. Raises UpstreamBroken for one that no call could."""

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

    def __post_init__(self) -> None:
        if max(len(self.access), len(self.refresh)) > LONGEST_TOKEN:
            raise UpstreamBroken(f"The service gave a token of more than {LONGEST_TOKEN:,} letters. Ask who runs it.")


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
