"""Redacting text that is passed on while it arrives.

However a text is cut into pieces, the outputs together are what redacting it whole gives, as long as nothing that may
become a secret is longer than the window (`scan.WINDOW`); what is longer is masked, whatever it turns out to be.
"""

from collections.abc import Sequence

from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import SECRETS_MASKED, Rules
from integrations.redaction.scan import Scan


class StreamRedactor:
    """Holds back only what may still become a secret: all other text is released at once."""

    def __init__(self, secrets: Sequence[str] | KnownSecrets = (), *, rules: Rules = SECRETS_MASKED) -> None:
        known = secrets if isinstance(secrets, KnownSecrets) else KnownSecrets(secrets)
        self._scan = Scan(rules, known)

    def feed(self, text: str) -> str:
        """What may be released now; perhaps nothing."""
        return "".join(piece.text for piece in self._scan.feed(text))

    def finish(self) -> str:
        """The rest, when no more text comes."""
        return "".join(piece.text for piece in self._scan.finish())
