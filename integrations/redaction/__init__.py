"""Taking secrets out of what is stored, shown, logged or cached.

`fields` knows names whose values are secret, `formats` the shapes of secrets in text, `text` masks within a string and
`values` walks a JSON value. What to look for is data (`sensitive_fields.txt`, the formats); the walk knows none of it.
"""

from integrations.redaction.fields import DEFAULT
from integrations.redaction.formats import SECRET_FORMATS, Detector, Family
from integrations.redaction.values import Redacted, redact

__all__ = ["DEFAULT", "SECRET_FORMATS", "Detector", "Family", "Redacted", "redact"]
