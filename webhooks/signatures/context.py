"""What the names in a template stand for, for one request."""

from collections.abc import Mapping
from dataclasses import dataclass

from webhooks.signatures.forms import MOST_FIELDS
from webhooks.signatures.reading import Reading, raw
from webhooks.signatures.verdict import Reason, Refused


@dataclass(frozen=True)
class Context:
    reading: Reading
    values: Mapping[str, bytes]
    settings: Mapping[str, str]
    secret: bytes = b"{secret}"
    """Left as it is, the secret's place shows and the secret does not."""

    def __call__(self, name: str) -> bytes:
        if name in self.values:
            return self.values[name]
        if name in self.settings:
            return self.settings[name].encode("utf-8", "surrogatepass")
        return self._built_in(name)

    def _built_in(self, name: str) -> bytes:
        received, address = self.reading.received, self.reading.address
        match name:
            case "body":
                return received.body
            case "url":
                return raw(received.url)
            case "host":
                return raw(address.netloc)
            case "path":
                return raw(address.path)
            case "query":
                return raw(address.query)
            case "method":
                return raw(received.method.upper())
            case "sorted_form":
                return self._sorted_form()
            case _:
                return self.secret

    def _sorted_form(self) -> bytes:
        """Raises Refused for a body that is no form: nothing of it would be signed."""
        if self.reading.received.body and not self.reading.fields:
            raise Refused(Reason.VALUE_MISSING, f"The body is no form of up to {MOST_FIELDS:,} fields.")
        return b"".join(field + value for field, value in sorted(set(self.reading.fields)))
