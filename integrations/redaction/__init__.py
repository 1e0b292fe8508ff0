"""Taking secrets out of what is stored, shown, logged or cached.

`fields` knows names whose values are secret, `formats` the shapes of secrets in text, `text` masks within a string and
`values` walks a JSON value; `stream` and `items` do the same to what arrives piece by piece. What to look for is data
(`sensitive_fields.txt`, the formats); the walk knows none of it.
"""

from integrations.redaction.families import Family
from integrations.redaction.fields import DEFAULT
from integrations.redaction.formats import SECRET_FORMATS
from integrations.redaction.items import ItemRedactor
from integrations.redaction.known import KnownSecrets
from integrations.redaction.stream import StreamRedactor
from integrations.redaction.values import Redacted, redact

__all__ = [
    "DEFAULT",
    "SECRET_FORMATS",
    "Family",
    "ItemRedactor",
    "KnownSecrets",
    "Redacted",
    "StreamRedactor",
    "redact",
]
