"""A request's parts, each read when it is asked for, and once. What cannot be read has no parts."""

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, urlsplit

from integrations.mapping import Unmappable, apply_mapping
from webhooks.signatures.forms import MULTIPART, URLENCODED, Pairs, multipart, url_encoded
from webhooks.signatures.received import Received

MOST_WORK = 200_000
"""For one JMESPath, as `integrations/mapping.py` counts it."""


class Reading:
    def __init__(self, received: Received) -> None:
        self.received = received

    def headers(self, name: str) -> list[bytes]:
        wanted = name.lower()
        return [raw(value).strip() for header, value in self.received.headers if header.lower() == wanted]

    def query(self, name: str) -> list[bytes]:
        return _values(self._query, name)

    def form(self, name: str) -> list[bytes]:
        return _values(self.fields, name)

    def json(self, expression: str, item: Any = None) -> Any:
        """What the JMESPath finds in the item, or in the body; None: nothing."""
        try:
            return apply_mapping(expression, self.document if item is None else item, most_work=MOST_WORK)
        except Unmappable:
            return None

    @cached_property
    def content_type(self) -> str:
        """In small letters, without its parameters."""
        return self._full_content_type.partition(";")[0].strip().lower()

    @cached_property
    def fields(self) -> Pairs:
        """Of a form."""
        if self.content_type == URLENCODED:
            return url_encoded(self.received.body)
        if self.content_type == MULTIPART:
            return multipart(self._full_content_type, self.received.body)
        return ()

    @cached_property
    def document(self) -> Any:
        """The body as JSON, whatever type it is said to be; None: it is none."""
        try:
            return json.loads(self.received.body)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def address(self) -> SplitResult:
        try:
            return urlsplit(self.received.url)
        except ValueError:
            return SplitResult("", "", "", "", "")

    @cached_property
    def _query(self) -> Pairs:
        return url_encoded(raw(self.address.query))

    @cached_property
    def _full_content_type(self) -> str:
        return next((value for header, value in self.received.headers if header.lower() == "content-type"), "")


def raw(text: str) -> bytes:
    """A header's bytes as they were on the wire."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def scalar(value: Any) -> Iterator[bytes]:
    """How a JSON value is written in a signed text: nothing of null, arrays and objects."""
    if isinstance(value, str):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bool | int | float):
        yield json.dumps(value).encode()


def _values(pairs: Pairs, name: str) -> list[bytes]:
    wanted = raw(name)
    return [value for each, value in pairs if each == wanted]
