"""Putting a value where a scheme looks for it."""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from webhooks.signatures.forms import URLENCODED
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.types import Place, Source

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class Unplaceable(ValueError):
    """Nothing can be put there."""


def put(received: Received, source: Source, text: str) -> Received:
    """Raises Unplaceable."""
    match source.place:
        case Place.HEADER:
            return _in_header(received, source, text)
        case Place.QUERY:
            joint = "&" if "?" in received.url else "?"
            return replace(received, url=f"{received.url}{joint}{_field(source.name, text)}")
        case Place.FORM if Reading(received).content_type == URLENCODED:
            joint = "&" if received.body else ""
            return replace(received, body=received.body + f"{joint}{_field(source.name, text)}".encode())
        case Place.JSON:
            document = Reading(received).document
            put_in_item(document, source.name, text)
            return replace(received, body=json.dumps(document).encode())
        case _:
            raise Unplaceable


def put_in_item(item: Any, path: str, text: str) -> None:
    """In an object, at a path of plain names. Raises Unplaceable."""
    if not _PATH.fullmatch(path):
        raise Unplaceable
    *above, last = path.split(".")
    for name in above:
        item = item.setdefault(name, {}) if isinstance(item, dict) else None
    if not isinstance(item, dict):
        raise Unplaceable
    item[last] = text


def _in_header(received: Received, source: Source, text: str) -> Received:
    """A further pair goes into the header that has pairs already."""
    if not source.pairs:
        return replace(received, headers=(*received.headers, (source.name, text)))
    pair = f"{source.pairs}{source.equals}{text}"
    before = [value for name, value in received.headers if name.lower() == source.name.lower()]
    others = tuple(each for each in received.headers if each[0].lower() != source.name.lower())
    return replace(received, headers=(*others, (source.name, source.separator.join([*before, pair]))))


def _field(name: str, text: str) -> str:
    return f"{quote(name, safe='')}={quote(text, safe='')}"
