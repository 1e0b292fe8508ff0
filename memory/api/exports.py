"""`memory-exports/`: wire only."""

from collections.abc import AsyncIterator, Iterator
from typing import ClassVar

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.queries import QuerySerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.offload import in_database_thread
from accounts.roles import Right
from memory.exporting.pages import Wanted, export_pages
from memory.limits import LONGEST_END_USER

_HEADERS = {
    "Content-Disposition": 'attachment; filename="memories.jsonl"',
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


class ExportQuery(QuerySerializer):
    namespace = serializers.CharField(max_length=600, required=False, help_text="With all below it; left out: all.")
    end_user = serializers.CharField(max_length=LONGEST_END_USER, trim_whitespace=False, required=False)
    deleted = serializers.BooleanField(required=False, help_text="Those that were deleted or have expired, too.")
    vectors = serializers.BooleanField(required=False, help_text="With each its vector, and the model that made it.")


class MemoryExportsView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ExportQuery}

    @extend_schema(responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY})
    async def get(self, request: Request, caller: Caller) -> StreamingHttpResponse:
        """Memories that you may read, one on each line, as `POST memory-imports/` takes them again. All of a tenant's
        need the right to people. An answer that was broken off has no end: take it as a failure."""
        pages = export_pages(tenant_id=caller.tenant_id, by=caller, wanted=Wanted(**self.query))
        # What is refused is refused before an answer has begun.
        first = await in_database_thread(next, pages, b"")
        content = _pieces(first, pages) if request.method != "HEAD" else _pieces(b"", iter(()))
        return StreamingHttpResponse(content, content_type="application/x-ndjson", headers=_HEADERS)


async def _pieces(first: bytes, pages: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The next one is read when the last one was taken."""
    piece = first
    while piece:
        yield piece
        piece = await in_database_thread(next, pages, b"")
