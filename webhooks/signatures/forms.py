"""The fields of a form, byte for byte as they were sent."""

from io import BytesIO
from urllib.parse import parse_qsl

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http.multipartparser import MultiPartParser, MultiPartParserError

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
MOST_FIELDS = 1_000

Pairs = tuple[tuple[bytes, bytes], ...]


def url_encoded(text: bytes) -> Pairs:
    """None of them where there are more than MOST_FIELDS."""
    try:
        # latin-1 keeps every byte, whatever text it is.
        pairs = parse_qsl(text.decode("latin-1"), True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    except ValueError:
        return ()
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs)


def multipart(content_type: str, body: bytes) -> Pairs:
    """Its fields without its files; none where it is broken, or larger than Django reads."""
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": len(body)}
    try:
        fields, _ = MultiPartParser(meta, BytesIO(body), [_WithoutFiles()], "utf-8").parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError, LookupError):
        return ()
    return tuple((_bytes(name), _bytes(value)) for name, values in fields.lists() for value in values)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _WithoutFiles(FileUploadHandler):
    def new_file(self, *_: object, **__: object) -> None:
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """There is none."""

    def file_complete(self, file_size: int) -> None:
        """There is none."""
