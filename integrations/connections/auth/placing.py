"""Putting a key or token where it goes: a header, a query parameter or a cookie."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

from accounts.errors import Fault
from integrations.egress import EgressRequest
from integrations.format.types import Place, Placement

_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]+")
"""RFC 6265, 4.1.1: a cookie's value without quotes."""


def placed(request: EgressRequest, placement: Placement, value: str) -> EgressRequest:
    text = placement.prefix + value
    match placement.place:
        case Place.QUERY:
            return replace(request, url=_with_parameter(request.url, placement.name, text))
        case Place.COOKIE:
            cookies = [request.headers["Cookie"]] if "Cookie" in request.headers else []
            return with_header(request, "Cookie", "; ".join([*cookies, f"{placement.name}={text}"]))
        case Place.HEADER:
            return with_header(request, placement.name, text)


def with_header(request: EgressRequest, name: str, value: str) -> EgressRequest:
    """In the place of one that has this name in any case."""
    others = {other: said for other, said in request.headers.items() if other.lower() != name.lower()}
    return replace(request, headers={**others, name: value})


def placement_faults(name: str, placement: Placement, value: str) -> Iterator[Fault]:
    """Why a value of the field `name` cannot stand there: it would end what it stands in, or arrive as another."""
    is_word = value != "" and value.isascii() and value.isprintable() and value == value.strip()
    if placement.place is Place.HEADER and not is_word:
        yield Fault(f"$.values.{name}", "This goes into a header: enter ASCII letters, digits and signs, as issued.")
    if placement.place is Place.COOKIE and not _COOKIE.fullmatch(value):
        yield Fault(
            f"$.values.{name}", "This goes into a cookie: enter it without blanks, quotes, commas, `;` or `\\`."
        )


def _with_parameter(url: str, name: str, value: str) -> str:
    url = url.partition("#")[0]
    return f"{url}{'&' if '?' in url else '?'}{urlencode({name: value})}"
