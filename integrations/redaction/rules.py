"""What is done with each kind of thing that is found: rules compiled for one walk, whoever decided them."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from integrations.redaction.families import Family
from integrations.redaction.formats import ASSIGNED, TOKENS
from integrations.redaction.known import KnownSecrets
from integrations.redaction.personal import DETECTORS, personal

_HASH_BYTES = 10
# Letters only: what is hashed is looked at again, and digits would be taken for numbers.
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


class Action(StrEnum):
    MASK = "mask"
    """`[redacted:email]` stands in its place."""
    HASH = "hash"
    """`[hashed:email:…]`: equal values of one tenant look equal, and none can be guessed."""
    DROP = "drop"
    """It is left out: the field, or the letters of a longer text."""
    KEEP = "keep"


SECRETS = "secrets"
FIELDS = "fields"
PERSONAL = tuple(DETECTORS)
KINDS = (SECRETS, FIELDS, *PERSONAL)
"""Secret formats; values of fields that say they are secret; the kinds of personal data."""


@dataclass(frozen=True)
class Rules:
    secrets: Action = Action.MASK
    fields: Action = Action.MASK
    personal: Mapping[str, Action] = field(default_factory=dict)
    """By the kind that a detector gives; what is not in it is kept."""
    families: tuple[Family, ...] = (TOKENS, ASSIGNED)
    key: bytes = field(default=b"", repr=False)
    """What hashes are made with."""

    @property
    def keeps_all(self) -> bool:
        return not self.families and self.fields is Action.KEEP

    def action(self, kind: str) -> Action:
        if kind == KnownSecrets.kind:
            return Action.MASK
        if kind == FIELD:
            return self.fields
        return self.personal.get(kind, self.secrets)

    def render(self, kind: str, found: str) -> str:
        """What stands in the place of what was found."""
        action = self.action(kind)
        if action is Action.DROP:
            return ""
        # Without a key a hash could be guessed, so that there is none.
        return self._hashed(kind, found) if action is Action.HASH and self.key else mask(kind)

    def _hashed(self, kind: str, found: str) -> str:
        same = _compared(kind, found) if kind in self.personal else found
        data = f"{kind}\0{same}".encode("utf-8", "surrogatepass")
        digest = hmac.digest(self.key, data, hashlib.sha256)[:_HASH_BYTES].hex()
        return f"[hashed:{kind}:{digest.translate(_LETTERS)}]"


def _compared(kind: str, found: str) -> str:
    """The form in which two ways to write the same are equal."""
    plain = found.replace("%40", "@") if kind == "email" else "".join(filter(str.isalnum, found))
    return plain.casefold()


FIELD = "field"


def mask(kind: str) -> str:
    return f"[redacted:{kind}]"


def is_masked(text: str) -> bool:
    """Whether a text is nothing but what this module puts in a value's place."""
    return text.endswith("]") and text.startswith(("[redacted:", "[hashed:"))


@lru_cache(maxsize=1024)
def rules_of(answers: frozenset[tuple[str, Action]], key: bytes = b"") -> Rules:
    """The rules for an answer to each kind; what has none is kept."""
    said = dict(answers)
    kept = {kind for kind in KINDS if said.get(kind, Action.KEEP) is Action.KEEP}
    families = [] if SECRETS in kept else [TOKENS]
    families += [] if FIELDS in kept else [ASSIGNED]
    words = tuple(word for word in PERSONAL if word not in kept)
    families += [_personal(words)] if words else []
    return Rules(
        secrets=said.get(SECRETS, Action.KEEP),
        fields=said.get(FIELDS, Action.KEEP),
        personal={one.kind: said[word] for word in words for one in DETECTORS[word]},
        families=tuple(families),
        key=key,
    )


@lru_cache(maxsize=256)
def _personal(words: tuple[str, ...]) -> Family:
    return personal(words)


KNOWN_ONLY = Rules(fields=Action.KEEP, families=())
"""Nothing but the values that are given: for what has been looked through already, or is meant to be told."""
SECRETS_MASKED = Rules()
"""Secret formats and fields, no personal data: for logs, and wherever no policy is at hand."""
