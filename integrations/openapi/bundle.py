"""One document out of several files: what a `$ref` names in another file is brought into the first.

Afterwards every reference is `#/…`, so that whatever reads the document need not know of files.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urldefrag, urljoin

from integrations.documents import LARGEST_BYTES, BadDocument, read_document
from integrations.openapi.references import reference_of
from integrations.openapi.report import Report

MOST_FILES = 100
"""Brought in besides the first."""
SHELF = "x-files"
"""Where in the bundle they stand."""

# The origin of files that were handed in: a name that RFC 2606 keeps from ever being one.
_HANDED_IN = "https://files.invalid/"
_OPAQUE = frozenset({"example", "examples", "x-examples", "default", "enum"})
_NAMES = frozenset({"properties", "patternProperties", "schemas", "definitions", "$defs"})
_HTTP = re.compile(r"https?://", re.IGNORECASE)

Fetch = Callable[[str], bytes]
"""The content behind a URL. Raises Unfetched."""


class Unfetched(Exception):
    """A file could not be had; the message is a sentence that says why."""


def bundle(main: str, files: Mapping[str, bytes], *, fetch: Fetch, report: Report) -> Any:
    """The document called `main`, with all that it refers to.

    `files` are those that were handed in, by name; a name may be a URL. What is not among them is fetched. What cannot
    be had is told in the report, and the references to it dangle. Raises BadDocument when `main` itself cannot be read.
    """
    return _Bundler(files, fetch, report).whole(_address(main))


class _Bundler:
    def __init__(self, files: Mapping[str, bytes], fetch: Fetch, report: Report) -> None:
        self._files = {_address(name): content for name, content in files.items()}
        self._fetch = fetch
        self._report = report
        self._left = LARGEST_BYTES
        self._places: dict[str, str] = {}
        """File to where it stands in the bundle; empty: it could not be had."""

    def whole(self, main: str) -> Any:
        document = self._read(main)
        if not isinstance(document, dict):
            raise BadDocument("The document is no OpenAPI description: at its top there should be an object.")
        self._places[main] = "#"
        shelf: list[Any] = []
        waiting = [(document, main)]
        while waiting:
            value, home = waiting.pop()
            for holder in _references_in(value):
                named, fragment = self._target(holder["$ref"], home)
                if named not in self._places:
                    self._bring(named, shelf, waiting)
                place = self._places[named]
                holder["$ref"] = f"{place}{fragment}" if place else f"nowhere:{named}"
        if shelf:
            document[SHELF] = shelf
        return document

    def _target(self, reference: str, home: str) -> tuple[str, str]:
        """The file that a reference names, and the place in it."""
        if reference.startswith("#"):
            return home, reference[1:]
        try:
            named, fragment = urldefrag(urljoin(home, reference))
        except ValueError:
            return reference, ""
        return named, fragment.rstrip("/")

    def _bring(self, named: str, shelf: list[Any], waiting: list[tuple[Any, str]]) -> None:
        self._places[named] = ""
        if len(self._places) > MOST_FILES + 1:
            self._report.warn(f"The document refers to more than {MOST_FILES} other files. The rest were left out.")
            return
        try:
            value = self._read(named)
        except (BadDocument, Unfetched) as error:
            self._report.warn(f"`{_shown(named)}` could not be read: {error}")
            return
        self._places[named] = f"#/{SHELF}/{len(shelf)}"
        shelf.append(value)
        waiting.append((value, named))

    def _read(self, named: str) -> Any:
        content = self._files.get(named)
        if content is None:
            if named.startswith(_HANDED_IN) or not _HTTP.match(named):
                raise Unfetched("It is not among the files that were handed in.")
            content = self._fetch(named)
        self._left -= len(content)
        if self._left < 0:
            raise BadDocument(f"All files together are larger than {LARGEST_BYTES:,} bytes.")
        return read_document(content)


def _references_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object that is a reference, each once. What stands in an example is none."""
    waiting, seen = [(value, False)], set()
    while waiting:
        item, holds_names = waiting.pop()
        if not isinstance(item, dict | list) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, list):
            waiting += [(inner, False) for inner in item]
            continue
        if reference_of(item) is not None:
            yield item
        # A property may be called `default` or `example`: then a schema stands there, not a value.
        waiting += [(inner, key in _NAMES) for key, inner in item.items() if holds_names or key not in _OPAQUE]


def _address(name: str) -> str:
    """A file's name as a URL, so that references between files are joined as those between pages."""
    return name if _HTTP.match(name) else urljoin(_HANDED_IN, posixpath.normpath(name.replace("\\", "/")).lstrip("/."))


def _shown(named: str) -> str:
    """Without its query, which may hold a credential."""
    return named.removeprefix(_HANDED_IN).partition("?")[0][:200]
