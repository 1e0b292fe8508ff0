"""Files in the body of a request: multipart/form-data (RFC 7578), written by urllib3 as browsers write it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata


@dataclass(frozen=True)
class Part:
    name: str
    content: bytes = field(repr=False)
    filename: str = ""
    media_type: str = ""
    """Whoever fills this in has looked that it holds no line break."""


def encode_multipart(parts: Iterable[Part]) -> tuple[bytes, str]:
    """The body, and the `Content-Type` that names its boundary. Names are written as the WHATWG's HTML escapes them."""
    return encode_multipart_formdata([_field(part) for part in parts])


def _field(part: Part) -> RequestField:
    written = RequestField(part.name, part.content, filename=part.filename or None)
    written.make_multipart(content_type=part.media_type or None)
    return written
