"""What a connector is, once it was read: everything that calls and pages need, with the defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class AuthType(StrEnum):
    NONE = "none"
    API_KEY = "api_key"
    """A key as it is, in a header, a query parameter or a cookie, after any prefix."""
    BASIC = "basic"
    BEARER = "bearer"
    OAUTH2 = "oauth2"
    LOGIN = "login"
    """A call with what a person entered gives a token, which the other calls carry."""
    SIGV4 = "aws_sigv4"


class Place(StrEnum):
    """Where in a request a key or token goes."""

    HEADER = "header"
    QUERY = "query"
    COOKIE = "cookie"


class Grant(StrEnum):
    """How OAuth 2.0 gives a token (RFC 6749, 4.1 and 4.4)."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"


class ClientAuth(StrEnum):
    """How an OAuth client proves itself to the token endpoint (RFC 6749, 2.3.1)."""

    BASIC = "basic"
    BODY = "body"


class BodyFormat(StrEnum):
    FORM = "form"
    JSON = "json"


@dataclass(frozen=True)
class Placement:
    place: Place = Place.HEADER
    name: str = "Authorization"
    prefix: str = ""
    """With its blank, if there is one: `Bearer `."""


@dataclass(frozen=True)
class OAuth:
    """A vendor's OAuth 2.0, with what it does unlike others. URLs may hold the connector's variables."""

    grant: Grant
    token_url: str
    authorize_url: str = ""
    revoke_url: str = ""
    refresh_url: str = ""
    """Empty: the token URL."""
    scopes: Mapping[str, str] = field(default_factory=dict)
    """What can be asked for, each with a few words on what it allows."""
    default_scopes: tuple[str, ...] = ()
    """Asked for besides those that the chosen actions require."""
    scope_separator: str = " "
    scope_parameter: str = "scope"
    pkce: bool = True
    client_auth: ClientAuth = ClientAuth.BODY
    token_format: BodyFormat = BodyFormat.FORM
    """Of the body of a request for a token."""
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    token_params: Mapping[str, str] = field(default_factory=dict)
    refresh_params: Mapping[str, str] = field(default_factory=dict)
    token_headers: Mapping[str, str] = field(default_factory=dict)
    token_path: str = "access_token"  # noqa: S105  where in the answer it stands
    """JMESPath: where the access token stands in the answer."""
    error_path: str = ""
    """JMESPath: the vendor's words in an answer that is a refusal though its status is 200."""
    dead_codes: tuple[str, ...] = ()
    """Errors besides `invalid_grant` that say that a refresh token is good no more."""
    issuer: str = ""
    """What `iss` on the way back has to be (RFC 9207); empty: something at the authorize URL's origin."""
    lifetime_seconds: int | None = None
    """Of an access token where the answer says nothing; None: it does not expire."""
    refresh_lifetime_seconds: int | None = None
    """Of a refresh token; None: as long as nobody revokes it."""
    keep: Mapping[str, str] = field(default_factory=dict)
    """Variable to JMESPath: what of the token's answer the base URL needs, such as `instance_url`."""


@dataclass(frozen=True)
class Login:
    """The call that turns what a person entered into a token."""

    method: str
    url: str
    """A path that comes after the base URL, or absolute."""
    body: Mapping[str, str]
    """Name on the wire to field."""
    body_format: BodyFormat
    token_path: str
    """JMESPath into its answer."""
    expires_in_path: str = ""
    """JMESPath to the seconds that the token lives."""
    lifetime_seconds: int | None = None

    @property
    def is_absolute(self) -> bool:
        return bool(self.url) and not self.url.startswith("/")


@dataclass(frozen=True)
class SigV4:
    service: str
    region: str
    """May be a variable: `{region}`."""


@dataclass(frozen=True)
class AuthWay:
    """One way to prove to the service who calls."""

    name: str
    type: AuthType
    title: str
    fields: Mapping[str, Any]
    """A JSON Schema of what a person enters; a property that is `writeOnly` is secret, and sealed."""
    placement: Placement = Placement()
    """Of the key or token."""
    oauth: OAuth | None = None
    login: Login | None = None
    sigv4: SigV4 | None = None
    help: str = ""
    """Where a person finds what has to be entered."""

    @property
    def secret_fields(self) -> frozenset[str]:
        properties = self.fields.get("properties", {})
        return frozenset(name for name, schema in properties.items() if schema.get("writeOnly"))


@dataclass(frozen=True)
class Variable:
    """A part of the base URL that each connection has for itself."""

    name: str
    title: str
    pattern: str
    """A whole value matches it; nothing with a `/`, `?`, `#`, `@` or `:` does, unless it is the whole origin."""
    description: str = ""
    example: str = ""
    default: str = ""
    kept: bool = False
    """It comes with the token, and nobody enters it."""


@dataclass(frozen=True)
class Check:
    """A cheap call that proves a credential."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    account: str = ""
    """JMESPath into its answer: what people call the account that it is for."""


@dataclass(frozen=True)
class Action:
    """One call that a connector offers; `registry/install.py` makes a tool of it."""

    slug: str
    name: str
    description: str
    input_schema: Mapping[str, Any]
    definition: Mapping[str, Any]
    """As the http transport takes it (`registry/transports/http_definition.py`), its `url` relative to the base URL."""
    response_mapping: str = ""
    output_schema: Mapping[str, Any] | None = None
    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False
    scopes: tuple[str, ...] = ()
    """What its connection must have been granted."""
    timeout_ms: int | None = None
    cache_seconds: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Connector:
    slug: str
    name: str
    category: str
    description: str
    docs_url: str
    base_url: str
    """Without a `/` at its end; holds `{variable}`s."""
    variables: tuple[Variable, ...]
    auth: tuple[AuthWay, ...]
    actions: tuple[Action, ...]
    check: Check | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every call, such as the version of the API."""
    error_when: str = ""
    """JMESPath that finds something in an answer that failed, for services that answer 200 to everything."""
    error_message: str = ""
    """JMESPath: the vendor's words in such an answer, and in one that is no 2xx."""
    hosts: tuple[str, ...] = ()
    """Hosts besides the base URL's to which the credential may be sent."""
    rate_limit: Mapping[str, Any] | None = None
    retries: Mapping[str, Any] = field(default_factory=dict)
    pagination: Mapping[str, Any] = field(default_factory=dict)
    """A hint for callers, shown with the tool."""
    webhook: str = ""
    """The scheme that its webhooks are signed with; `webhooks/checks.py` knows the names."""
    per_user: bool = False
    """End users may connect accounts of their own."""
    source: str = "shipped"
    """`shipped` with the product, or how it was imported: `openapi`, `yaml`."""

    def way(self, name: str) -> AuthWay | None:
        return next((way for way in self.auth if way.name == name), None)

    def action(self, slug: str) -> Action | None:
        return next((action for action in self.actions if action.slug == slug), None)
