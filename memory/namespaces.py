"""Namespaces: paths such as `projects/apollo/`, in which memories lie. One that holds nothing does not exist.

They are stored with a slash at the end, in a column that is compared by its bytes. Then a namespace with all that is
below it is one interval of texts (see `memory/intervals.py`), which an index answers without any pattern.
"""

import re

from accounts.errors import Fault, Invalid
from memory.limits import DEEPEST_NAMESPACE, LONGEST_NAMESPACE, LONGEST_SEGMENT

DEFAULT_NAMESPACE = "default/"
EVERYWHERE = ""
"""In place of a namespace to look in: all of them."""

_SEGMENT = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9:@+.-]{{0,{LONGEST_SEGMENT - 1}}})")


def read_namespace(text: str, *, path: str = "$.namespace") -> str:
    """The namespace as it is stored. Raises Invalid with the fault at `path`."""
    namespace = text if text.endswith("/") else f"{text}/"
    why = _why_not(namespace)
    if why:
        raise Invalid("This is no namespace. See `errors`.", faults=[Fault(path, why)])
    return namespace


def read_subtree(text: str, *, path: str = "$.namespace") -> str:
    """Where to look: a namespace and all below it; nothing, or `/`, means everywhere. Raises as `read_namespace`."""
    return EVERYWHERE if text in {"", "/"} else read_namespace(text, path=path)


def _why_not(namespace: str) -> str:
    segments = namespace[:-1].split("/")
    if len(namespace) > LONGEST_NAMESPACE:
        return f"Give at most {LONGEST_NAMESPACE} characters, the slash at the end counted."
    if len(segments) > DEEPEST_NAMESPACE:
        return f"Give at most {DEEPEST_NAMESPACE} parts."
    if any(not _SEGMENT.fullmatch(segment) or ".." in segment for segment in segments):
        return (
            "Give parts with a slash between them, such as `projects/apollo`. A part has 1 to "
            f"{LONGEST_SEGMENT} letters (A to Z), digits and `-`, `.`, `:`, `@`, `+`, begins with a letter or a digit, "
            "and holds no two dots in a row."
        )
    return ""
