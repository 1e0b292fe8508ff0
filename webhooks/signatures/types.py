"""What a scheme is, once it was read. `docs/reference/webhook-schemes.md` tells what each part is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from webhooks.signatures.templates import Template

SIGNATURE = "signature"
"""The value that every alternative has: the signatures that came."""
MOST_SECRETS = 10
MOST_CANDIDATES = 10
"""Signatures of one request that are looked at."""
MOST_ITEMS = 1_000
"""Signed items in one body."""


class Method(StrEnum):
    HMAC = "hmac"
    DIGEST = "digest"
    """A hash over a text that holds the secret."""
    TOKEN = "token"  # noqa: S105
    """A text that only the provider and we know."""
    ED25519 = "ed25519"
    ECDSA = "ecdsa"
    RSA = "rsa"
    """PKCS #1 v1.5 (RFC 8017, 8.2)."""
    NONE = "none"


class Place(StrEnum):
    HEADER = "header"
    QUERY = "query"
    FORM = "form"
    JSON = "json"
    """A JMESPath into the body."""
    TEXT = "text"
    """Always the same."""


class Encoding(StrEnum):
    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"


class Unit(StrEnum):
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    ISO8601 = "iso8601"


@dataclass(frozen=True)
class Source:
    """Where in a request a value stands."""

    place: Place
    name: str
    pairs: str = ""
    """Of a header such as `t=1,v1=a,v1=b`, what stands under this key."""
    separator: str = ","
    equals: str = "="
    default: str | None = None
    """What holds where it is missing."""


Sources = tuple[Source, ...]


@dataclass(frozen=True)
class When:
    """All of it holds for the request."""

    method: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    header_holds: Mapping[str, str] = field(default_factory=dict)
    without_header: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    without_query: tuple[str, ...] = ()
    content_type: str = ""
    json: str = ""
    """JMESPath into the body that finds something true."""
    empty_body: bool = False


@dataclass(frozen=True)
class Timestamp:
    value: str
    unit: Unit = Unit.SECONDS
    past_seconds: int | None = None
    """None: it may be as old as it likes."""
    future_seconds: int | None = None


@dataclass(frozen=True)
class BodyDigest:
    """The signed text holds only a digest of the body, which is compared with the body itself."""

    value: str
    hash: str = "sha256"
    encoding: Encoding = Encoding.HEX


@dataclass(frozen=True)
class Certificate:
    """The key is in a certificate that the request names."""

    url: Sources
    hosts: tuple[str, ...]
    """Where it may be fetched: names, `*.` for any below."""
    path: str
    """What the URL's path has to begin with."""
    names: tuple[str, ...]
    """For which of these names it has to be issued."""
    issuers: tuple[str, ...] = ()
    """Where the certificates above it may be fetched."""


@dataclass(frozen=True)
class Signature:
    """One way in which a provider signs."""

    method: Method
    when: When = When()
    values: Mapping[str, Sources] = field(default_factory=dict)
    hash: str = "sha256"
    encoding: Encoding = Encoding.HEX
    prefix: str = ""
    signed: tuple[Template, ...] = ()
    """Texts of which one was signed; of `token`, the text that is expected."""
    each: str = ""
    """JMESPath to the items of the body, each signed for itself; values of `json` are looked up in the item."""
    timestamp: Timestamp | None = None
    body_digest: BodyDigest | None = None
    certificate: Certificate | None = None
    once: str = ""
    """The value that may be used once only."""

    @property
    def covers_body(self) -> bool:
        """Whether a changed body is noticed."""
        if self.body_digest is not None or self.when.empty_body:
            return True
        return bool(self.signed) and all(text.holds_body for text in self.signed)


@dataclass(frozen=True)
class SecretText:
    """What an admin enters as the secret, and how it becomes a key."""

    title: str = "Signing secret"
    hint: str = ""
    key: Encoding = Encoding.TEXT
    strip: str = ""
    """What may stand before it and is no part of it."""
    delivered: bool = False
    """The provider sends it in a handshake; nobody enters it."""


@dataclass(frozen=True)
class Setting:
    """A value besides the secret that a scheme needs from each source."""

    name: str
    title: str
    hint: str = ""
    pattern: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    required: bool = True
    secret: bool = False
    """Whether it is sealed, and never shown again."""
    number: bool = False


@dataclass(frozen=True)
class Answer:
    """What a handshake is answered, its texts being templates."""

    status: int = 200
    text: Template | None = None
    json: Mapping[str, Template | float | bool] | None = None
    headers: Mapping[str, Template] = field(default_factory=dict)

    @property
    def templates(self) -> tuple[Template, ...]:
        written = [self.text, *(self.json or {}).values(), *self.headers.values()]
        return tuple(each for each in written if isinstance(each, Template))


@dataclass(frozen=True)
class Challenge:
    """A handshake: a request that is no event, and what is answered."""

    when: When
    signed: bool
    """Whether it has to be signed like an event."""
    values: Mapping[str, Sources]
    equals: Mapping[str, str]
    """Values that have to be what the setting of that name is."""
    keep: str
    """The value that becomes the source's secret; it is taken only while there is none."""
    show: bool
    """Whether an admin has to see what was kept, to enter it at the provider."""
    reply: Answer


@dataclass(frozen=True)
class Scheme:
    slug: str
    name: str
    docs: str
    """The provider's page that the facts are from."""
    setup: tuple[str, ...]
    """What an admin does at the provider; `{url}` is the source's address."""
    signatures: tuple[Signature, ...]
    secret: SecretText | None = None
    settings: tuple[Setting, ...] = ()
    event_id: Sources = ()
    event_type: Sources = ()
    recurs: bool = False
    """Whether the same bytes come for another event, too."""
    challenges: tuple[Challenge, ...] = ()
    notes: str = ""
    """What an admin should know of it."""
    has_blanks: bool = False
    """Whether a source's settings change more than what a template's values are."""

    @property
    def unsigned(self) -> bool:
        return all(signature.method is Method.NONE for signature in self.signatures)

    @property
    def covers_body(self) -> bool:
        """Whether every way in which it signs notices a changed body."""
        return all(signature.covers_body for signature in self.signatures)

    @property
    def covers_query(self) -> bool:
        """Whether every way in which it signs notices a changed query."""
        texts = [text for signature in self.signatures for text in signature.signed]
        return bool(texts) and all(text.names & {"url", "query"} for text in texts)

    @property
    def needs_certificate(self) -> bool:
        """Whether one of its keys is in a certificate, which may have to be fetched."""
        return any(signature.certificate is not None for signature in self.signatures)

    def setting(self, name: str) -> Setting | None:
        return next((setting for setting in self.settings if setting.name == name), None)
