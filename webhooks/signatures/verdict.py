"""What was found of a request's signature."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_SHOWN = 10_000
"""Bytes of what was signed that a verdict keeps."""


class Reason(StrEnum):
    """Why a request is not believed."""

    NO_SECRET = "no_secret"  # noqa: S105
    SECRET_MALFORMED = "secret_malformed"  # noqa: S105
    SETTINGS_INVALID = "settings_invalid"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_MALFORMED = "signature_malformed"
    SIGNATURE_DUPLICATED = "signature_duplicated"
    SIGNATURE_MISMATCH = "signature_mismatch"
    VALUE_MISSING = "value_missing"
    VALUE_DUPLICATED = "value_duplicated"
    TIMESTAMP_MISSING = "timestamp_missing"
    TIMESTAMP_MALFORMED = "timestamp_malformed"
    TIMESTAMP_STALE = "timestamp_stale"
    TIMESTAMP_IN_FUTURE = "timestamp_in_future"
    BODY_DIGEST_MISSING = "body_digest_missing"
    BODY_DIGEST_MISMATCH = "body_digest_mismatch"
    CERTIFICATE_UNAVAILABLE = "certificate_unavailable"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    NOT_VERIFIABLE = "not_verifiable"


@dataclass(frozen=True)
class Verdict:
    """`signed`, `computed` and `received` are for an admin's eyes: they are never logged or told to the sender."""

    valid: bool
    reason: str = ""
    """Empty when valid; else a `Reason`."""
    detail: str = ""
    """A sentence that tells an admin what to look at."""
    signed: bytes | None = None
    """What was signed, its first LONGEST_SHOWN bytes, without any secret."""
    computed: tuple[str, ...] = ()
    """What would be right under each active secret, as the provider writes it; only where whoever verifies can sign."""
    received: tuple[str, ...] = ()
    """The signatures as they came; empty where the right one is the secret itself."""
    secret_index: int | None = None
    """Which of the active secrets it was."""
    once: str = ""
    """A signed value that may be used once only, for schemes whose signature leaves the body out."""


class Refused(Exception):
    """Not believed; caught where the verdict is given."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
