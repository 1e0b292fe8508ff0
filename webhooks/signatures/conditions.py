"""Whether a `when` holds for a request."""

from collections.abc import Iterator

from webhooks.signatures.reading import Reading
from webhooks.signatures.types import When


def applies(when: When, reading: Reading) -> bool:
    return all(_present(when, reading)) and applies_unsigned(when, reading)


def applies_unsigned(when: When, reading: Reading) -> bool:
    """The same before it was signed: the headers and parameters that have to be there do not count."""
    return all(_others(when, reading))


def _present(when: When, reading: Reading) -> Iterator[bool]:
    yield from (bool(reading.headers(name)) for name in when.header)
    yield from (bool(reading.query(name)) for name in when.query)


def _others(when: When, reading: Reading) -> Iterator[bool]:
    yield not when.method or reading.received.method.upper() in when.method
    yield from (_holds(reading.headers(name), text) for name, text in when.header_holds.items())
    yield from (not reading.headers(name) for name in when.without_header)
    yield from (not reading.query(name) for name in when.without_query)
    yield not when.content_type or reading.content_type == when.content_type
    yield not when.empty_body or not reading.received.body
    yield not when.json or bool(reading.json(when.json))


def _holds(values: list[bytes], text: str) -> bool:
    return any(text.lower().encode() in value.lower() for value in values)
