"""Which version of a row its reader means to change: `If-Match` going in, `ETag` coming out (RFC 9110, 13.1.1)."""

import re

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from accounts.errors import Fault, Malformed, PreconditionRequired

# No more digits than every number of PostgreSQL's bigint has.
_VERSION = re.compile(r'(?P<quote>"?)(?P<version>[1-9][0-9]{0,17})(?P=quote)')
IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    required=True,
    description='The version that was read, as its `ETag` said it: `"7"`. Another one by now is a 412.',
)


def required_version(request: Request) -> int:
    """The version in `If-Match`. Raises PreconditionRequired without one, Malformed for what names no single version.

    A list, a weak tag and `*` are refused: they would let a change through whose maker has not read what it changes.
    """
    given = request.headers.get("If-Match")
    if given is None:
        raise PreconditionRequired
    match = _VERSION.fullmatch(given.strip(" \t"))
    if match is None:
        hint = 'Send the one version that you read, as the `ETag` said it: `"7"`. No list, no `W/`, no `*`.'
        raise Malformed("The If-Match cannot be used.", faults=[Fault("If-Match", hint)])
    return int(match["version"])


def etag(version: int) -> str:
    """The header's value for a row of this version: a strong tag."""
    return f'"{version}"'
