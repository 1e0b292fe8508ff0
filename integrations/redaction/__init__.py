"""Taking secrets and personal data out of what is stored, shown, logged, cached or told.

Detectors find (`formats`, `assignments`, `known`, `personal/`), `rules` say what becomes of what was found, a `policy`
is where they come from. `values` walks a JSON value; `stream` and `items` do the same to what arrives piece by piece.
"""

from integrations.redaction.declared import declared
from integrations.redaction.fields import DEFAULT
from integrations.redaction.items import ItemRedactor
from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import SECRETS_MASKED, Action, Rules
from integrations.redaction.stream import StreamRedactor
from integrations.redaction.text import redact_beginning, redact_text
from integrations.redaction.values import Redacted, redact

__all__ = [
    "DEFAULT",
    "SECRETS_MASKED",
    "Action",
    "ItemRedactor",
    "KnownSecrets",
    "Redacted",
    "Rules",
    "StreamRedactor",
    "declared",
    "redact",
    "redact_beginning",
    "redact_text",
]
