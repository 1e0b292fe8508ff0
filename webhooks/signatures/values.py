"""Where the values of a signature stand in a request."""

from collections.abc import Iterator, Mapping
from typing import Any

from webhooks.signatures.reading import Reading, scalar
from webhooks.signatures.types import MOST_CANDIDATES, SIGNATURE, Place, Signature, Source, Sources
from webhooks.signatures.verdict import Reason, Refused


def signatures_in(sources: Sources, reading: Reading, item: Any = None) -> list[bytes]:
    """All signatures that came, up to MOST_CANDIDATES. Raises Refused where there is none."""
    whole = [text for source in sources for text in _whole(source, reading, item)]
    if not whole:
        raise Refused(Reason.SIGNATURE_MISSING, f"There is no {places(sources)}. Check that the provider signs.")
    found = [text for source in sources for text in _texts(source, reading, item) if text]
    if not found:
        raise Refused(Reason.SIGNATURE_MALFORMED, f"There is no signature in {places(sources)}.")
    return found[:MOST_CANDIDATES]


def values_of(signature: Signature, reading: Reading, item: Any = None) -> dict[str, bytes]:
    """The other values by name. Raises Refused."""
    return {
        name: _value(name, sources, signature, reading, item)
        for name, sources in signature.values.items()
        if name != SIGNATURE
    }


def first_of(sources: Sources, reading: Reading, item: Any = None) -> bytes | None:
    """The first that is there, once; None: none is."""
    for source in sources:
        try:
            texts = list(_texts(source, reading, item))
        except Refused:
            continue
        if len(texts) == 1 and texts[0]:
            return texts[0]
        if source.default is not None:
            return source.default.encode()
    return None


def named(values: Mapping[str, Sources], reading: Reading) -> dict[str, bytes] | None:
    """Each value by name; None: one is not there."""
    found = {name: first_of(sources, reading) for name, sources in values.items()}
    there = {name: text for name, text in found.items() if text is not None}
    return there if len(there) == len(found) else None


def places(sources: Sources) -> str:
    """In words, for a verdict's detail."""
    return " or ".join(dict.fromkeys(_told(source) for source in sources))


def _value(name: str, sources: Sources, signature: Signature, reading: Reading, item: Any) -> bytes:
    for source in sources:
        texts = list(_texts(source, reading, item))
        if len(texts) > 1:
            raise Refused(Reason.VALUE_DUPLICATED, f"The {name} is in {_told(source)} more than once.")
        if texts:
            return texts[0]
        if source.default is not None:
            return source.default.encode()
    raise Refused(_missing(name, signature), f"The {name} is not in {places(sources)}.")


def _missing(name: str, signature: Signature) -> Reason:
    if signature.timestamp and name == signature.timestamp.value:
        return Reason.TIMESTAMP_MISSING
    if signature.body_digest and name == signature.body_digest.value:
        return Reason.BODY_DIGEST_MISSING
    return Reason.VALUE_MISSING


def _texts(source: Source, reading: Reading, item: Any) -> Iterator[bytes]:
    for text in _whole(source, reading, item):
        yield from _paired(source, text) if source.pairs else (text,)


def _whole(source: Source, reading: Reading, item: Any) -> list[bytes]:
    """What stands there, before pairs are looked at."""
    match source.place:
        case Place.HEADER:
            found = reading.headers(source.name)
        case Place.QUERY:
            found = reading.query(source.name)
        case Place.FORM:
            found = reading.form(source.name)
        case Place.JSON:
            found = list(scalar(reading.json(source.name, item)))
        case Place.TEXT:
            found = [source.name.encode()]
    if len(found) > 1:
        raise Refused(Reason.SIGNATURE_DUPLICATED, f"There is more than one {_told(source)}, and may be one.")
    return found


def _paired(source: Source, text: bytes) -> Iterator[bytes]:
    wanted, separator, equals = source.pairs.encode(), source.separator.encode(), source.equals.encode()
    for pair in text.split(separator):
        key, found, value = pair.partition(equals)
        if found and key.strip() == wanted:
            yield value.strip()


def _told(source: Source) -> str:
    names = {
        Place.HEADER: f"header `{source.name}`",
        Place.QUERY: f"parameter `{source.name}`",
        Place.FORM: f"form field `{source.name}`",
        Place.JSON: f"`{source.name}` in the JSON body",
        Place.TEXT: f"`{source.name}`",
    }
    return names[source.place] + (f" under `{source.pairs}`" if source.pairs else "")
