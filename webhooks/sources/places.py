"""Where an event's id or type stands, as an admin writes it: `header:X-Id`, `query:id`, `form:id`, or JMESPath."""

import re
from collections.abc import Iterator

from accounts.errors import Fault
from integrations.mapping import check_mapping
from webhooks.signatures.types import Place, Source

_NAMED = re.compile(r"(header|query|form): *(\S.*)", re.DOTALL)


def read_place(written: str) -> Source:
    """What stands in no named place is JMESPath into a JSON body."""
    named = _NAMED.fullmatch(written)
    return Source(Place(named[1]), named[2].rstrip()) if named else Source(Place.JSON, written)


def place_faults(path: str, written: str) -> Iterator[Fault]:
    """Nothing is wrong with nothing: then the scheme says where."""
    place = read_place(written)
    if place.place is Place.JSON:
        yield from check_mapping(path, written)
    elif not place.name.isprintable():
        yield Fault(path, "Give a name such as `header:X-Event-Id`.")
