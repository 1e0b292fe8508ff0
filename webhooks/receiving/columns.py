"""What a sender says, fit for a column that everybody sees who may look at events, and that is searched."""

from integrations.redaction import Action, KnownSecrets, Rules, redact_beginning
from integrations.redaction.formats import TOKENS
from registry.transports.text import storable

# Words around it say nothing of an id or a type: `token: created` is one.
_RULES = Rules(fields=Action.KEEP, families=(TOKENS,))


def as_column(text: str, longest: int, hidden: KnownSecrets) -> str:
    """So many letters of it, without the source's own secrets and what has the format of one."""
    return redact_beginning(storable(text), longest, secrets=hidden, rules=_RULES)[:longest]
