"""What the names in a template stand for, for one request."""

from collections.abc import Mapping
from dataclasses import dataclass

from webhooks.signatures.reading import Reading, raw


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
                return b"".join(field + value for field, value in sorted(set(self.reading.fields)))
            case _:
                return self.secret
