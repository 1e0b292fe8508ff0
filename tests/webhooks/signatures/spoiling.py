"""A good request with its signature taken out or changed, wherever it stands."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.webhooks.signatures.vector_files import Vector, with_header
from webhooks.signatures.conditions import applies
from webhooks.signatures.fitting import fitted
from webhooks.signatures.reading import Reading
from webhooks.signatures.received import Received
from webhooks.signatures.types import SIGNATURE, Place, Signature, Source


def signature_of(vector: Vector) -> Signature:
    reading = Reading(vector.received)
    return next(each for each in fitted(vector.scheme, vector.settings).signatures if applies(each.when, reading))


def sources_of(vector: Vector) -> list[Source]:
    return list(signature_of(vector).values[SIGNATURE])


def headers_of(vector: Vector) -> list[str]:
    """Those headers of the request that hold a signature."""
    wanted = {source.name.lower() for source in sources_of(vector) if source.place is Place.HEADER}
    return [name for name, _ in vector.received.headers if name.lower() in wanted]


def spoiled(vector: Vector, *values: str) -> Received:
    """With this in place of every signature."""
    received = vector.received
    for name in headers_of(vector):
        received = with_header(received, name, *values)
    for source in sources_of(vector):
        received = replaced(received, source, values[0] if values else None)
    return received


def replaced(received: Received, source: Source, text: str | None) -> Received:
    """A signature that stands in the body or the URL, changed, or taken out."""
    if source.place is Place.QUERY:
        parts = urlsplit(received.url)
        return replace(received, url=parts._replace(query=fields(parts.query, source.name, text)).geturl())
    if source.place is Place.FORM and Reading(received).form(source.name):
        return replace(received, body=fields(received.body.decode(), source.name, text).encode())
    document = Reading(received).document
    if source.place is Place.JSON and put(document, source.name.replace('"', "").split("."), text):
        return replace(received, body=json.dumps(document).encode())
    return received


def fields(encoded: str, name: str, text: str | None) -> str:
    found = [(key, text if key == name else value) for key, value in parse_qsl(encoded, keep_blank_values=True)]
    return urlencode([(key, value) for key, value in found if value is not None], errors="replace")


def put(document: object, path: list[str], text: str | None) -> bool:
    """In every object that has such a path, the document itself or one in it."""
    holders = [found for each in objects(document) if path[-1] in (found := below(each, path[:-1]))]
    for holder in holders:
        holder.pop(path[-1], None) if text is None else holder.update({path[-1]: text})
    return bool(holders)


def objects(document: object) -> Iterator[dict[str, object]]:
    if isinstance(document, dict):
        yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from objects(inner)


def below(each: dict[str, object], names: list[str]) -> dict[str, object]:
    for name in names:
        inner = each.get(name)
        each = inner if isinstance(inner, dict) else {}
    return each
