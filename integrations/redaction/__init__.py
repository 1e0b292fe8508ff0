"""Taking secrets and personal data out of what is stored, shown, logged, cached or told.

Detectors find (`formats`, `assignments`, `known`, `personal/`), `rules` say what becomes of what was found, a `policy`
is where they come from. `values` walks a JSON value; `stream` and `items` do the same to what arrives piece by
piece. `carried` keeps masked what is handed on.
"""

from integrations.redaction.carried import as_masked, findable, hidden
from integrations.redaction.declared import declared
from integrations.redaction.fields import DEFAULT
from integrations.redaction.items import ItemRedactor
from integrations.redaction.known import KnownSecrets
from integrations.redaction.rules import KNOWN_ONLY, SECRETS_MASKED, Action, Rules
from integrations.redaction.stream import StreamRedactor
from integrations.redaction.text import redact_beginning, redact_text
from integrations.redaction.values import Redacted, redact

__all__ = [
    "DEFAULT",
    "KNOWN_ONLY",
    "SECRETS_MASKED",
    "Action",
    "ItemRedactor",
    "KnownSecrets",
    "Redacted",
    "Rules",
    "StreamRedactor",
    "as_masked",
    "declared",
    "findable",
    "hidden",
    "redact",
    "redact_beginning",
    "redact_text",
]
