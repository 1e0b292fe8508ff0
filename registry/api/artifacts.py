"""`executions/{id}/artifact/`: wire only."""

import re
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.queries import QuerySerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.errors import Fault, Invalid
from accounts.offload import in_database_thread
from accounts.roles import Right
from accounts.tenancy import within
from integrations.patterns import LONGEST_PATTERN, BadPattern, read_pattern
from registry.artifacts.download import download
from registry.artifacts.find import open_artifact
from registry.artifacts.grep import MOST_CONTEXT, grep
from registry.artifacts.keep import as_told
from registry.artifacts.reading import (
    FEWEST_BYTES,
    MOST_BYTES,
    USUAL_BYTES,
    USUAL_TOKENS,
    read_bytes,
    read_lines,
    read_path,
)
from registry.artifacts.sealed import Sealed
from registry.artifacts.storage import while_reading
from registry.artifacts.threads import in_storage_thread
from registry.json_query import LONGEST_PATH
from registry.shaping.budget import FEWEST_TOKENS

MOST_READ_TOKENS = 50_000
_LINES = re.compile(r"(?P<first>[1-9]\d{0,9})(?P<range>-(?P<last>[1-9]\d{0,9})?)?")
_WAYS = ("lines", "path", "grep")
RANGE = OpenApiParameter("Range", location=OpenApiParameter.HEADER, description="One range: `bytes=0-999`.")


class ArtifactQuery(QuerySerializer):
    offset = serializers.IntegerField(min_value=0, required=False, help_text="In bytes; also where a search goes on.")
    limit = serializers.IntegerField(
        min_value=FEWEST_BYTES, max_value=MOST_BYTES, required=False, help_text="In bytes; letters stay whole."
    )
    lines = serializers.RegexField(
        _LINES.pattern + r"\Z", required=False, help_text="`10-40`, `10-` or `10`; counted from 1, both included."
    )
    path = serializers.CharField(
        max_length=LONGEST_PATH, required=False, help_text="A JSON path (RFC 9535): `$.items[3]`."
    )
    grep = serializers.CharField(
        max_length=LONGEST_PATTERN, trim_whitespace=False, required=False, help_text="A regular expression."
    )
    context = serializers.IntegerField(  # type: ignore[assignment]
        min_value=0, max_value=MOST_CONTEXT, required=False, help_text="Lines around each match."
    )
    max_tokens = serializers.IntegerField(
        min_value=FEWEST_TOKENS, max_value=MOST_READ_TOKENS, required=False, help_text="Of what a path leads to."
    )


class PartSerializer(serializers.Serializer[Any]):
    """A part of an artifact. Which fields there are depends on how it was asked for."""

    artifact = serializers.JSONField(help_text="As on the execution.")
    content = serializers.CharField(required=False)
    encoding = serializers.CharField(required=False, help_text="`utf-8`, or `base64` of what is no text.")
    offset = serializers.IntegerField(required=False)
    next_offset = serializers.IntegerField(required=False, allow_null=True, help_text="Where to go on; null: the end.")
    lines = serializers.ListField(child=serializers.IntegerField(), required=False, allow_null=True)
    next_line = serializers.IntegerField(required=False, allow_null=True)
    value = serializers.JSONField(required=False, help_text="What the path leads to.")
    cuts = serializers.JSONField(required=False)
    more_cuts = serializers.IntegerField(required=False)
    matches = serializers.JSONField(required=False, help_text="Each with `line`, `before` and `after`.")
    scanned_bytes = serializers.IntegerField(required=False)


class ArtifactView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ArtifactQuery}

    @extend_schema(responses=PartSerializer)
    async def get(self, request: Request, caller: Caller, execution_id: UUID) -> Response:
        """A part of the whole output: by bytes, by lines, by a JSON path, or the lines in which something is found."""
        _refuse_mixed(self.query)
        sealed = await _open(caller, execution_id)
        with while_reading():
            part = await in_storage_thread(_read, sealed, self.query)
        return Response({"artifact": as_told(sealed.artifact), **part})


class ArtifactContentView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, parameters=[RANGE])
    async def get(self, request: Request, caller: Caller, execution_id: UUID) -> StreamingHttpResponse:
        """The whole output as a file, in its own media type; or one range of it."""
        sealed = await _open(caller, execution_id)
        with while_reading():
            return await in_storage_thread(download, sealed, request.headers, head_only=request.method == "HEAD")


async def _open(caller: Caller, execution_id: UUID) -> Sealed:
    return await in_database_thread(_open_within, caller, execution_id)


def _open_within(caller: Caller, execution_id: UUID) -> Sealed:
    with within(caller.tenant_id):
        return open_artifact(execution_id, reader=caller)


def _refuse_mixed(query: dict[str, Any]) -> None:
    ways = [way for way in _WAYS if way in query]
    belongs = {"offset": "grep", "limit": "lines", "context": "grep", "max_tokens": "path"}
    faults = [Fault(way, f"Give only one of {', '.join(_WAYS)}.") for way in ways[1:]]
    faults += [
        Fault(name, f"This goes with `{way}`." if name in {"context", "max_tokens"} else f"Not with `{ways[0]}`.")
        for name, way in belongs.items()
        if name in query and (ways or name in {"context", "max_tokens"}) and ways[:1] != [way]
    ]
    if faults:
        raise Invalid("The artifact cannot be read like this.", faults=faults)


def _read(sealed: Sealed, query: dict[str, Any]) -> dict[str, Any]:
    limit = query.get("limit", USUAL_BYTES)
    if "path" in query:
        return read_path(sealed, query["path"], query.get("max_tokens", USUAL_TOKENS))
    if "grep" in query:
        return _grep(sealed, query)
    if "lines" in query:
        first, last = lines_in(query["lines"])
        return asdict(read_lines(sealed, first, last, limit))
    return asdict(read_bytes(sealed, query.get("offset", 0), limit))


def lines_in(text: str) -> tuple[int, int | None]:
    """`10-40`, `10-` and `10`. Raises Invalid for a range that ends before it begins."""
    match = _LINES.fullmatch(text)
    if match is None:
        raise Invalid(faults=[Fault("lines", "Give `10-40`, `10-` or `10`.")])
    first = int(match["first"])
    last = first if not match["range"] else int(match["last"]) if match["last"] else None
    if last is not None and last < first:
        raise Invalid(faults=[Fault("lines", "The last line comes before the first one.")])
    return first, last


def _grep(sealed: Sealed, query: dict[str, Any]) -> dict[str, Any]:
    try:
        pattern = read_pattern(query["grep"])
    except BadPattern as error:
        raise Invalid("The artifact cannot be searched like this.", faults=[Fault("grep", str(error))]) from error
    return asdict(grep(sealed, pattern, offset=query.get("offset", 0), context=query.get("context", 0)))
