"""An execution's artifact in the browser: its lines page by page, a search, the file; and what a tenant keeps."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.chrome.cells import readable_bytes
from accounts.chrome.pages import caller_behind
from accounts.chrome.pretty import coloured, one_sees
from accounts.chrome.related import offer_panel
from accounts.errors import Forbidden, QuartermasterError
from accounts.models import Tenant
from integrations.patterns import BadPattern, read_pattern
from registry.artifacts.content import JSON_TYPE
from registry.artifacts.download import download
from registry.artifacts.find import open_artifact
from registry.artifacts.grep import Line, grep
from registry.artifacts.keep import quota_of
from registry.artifacts.reading import Part, read_bytes, read_lines
from registry.artifacts.sealed import Sealed
from registry.artifacts.storage import while_reading
from registry.models import Artifact, Execution

PAGE_LINES = 200
PAGE_BYTES = 60_000
CONTEXT = 2


def artifact_page(pages: Any, request: HttpRequest, execution: Execution) -> HttpResponse:
    """A page of lines, or what a search finds."""
    context: dict[str, Any] = {"crumb": "Output", "sought": request.GET.get("grep", "")}
    try:
        sealed = open_artifact(execution.id, reader=caller_behind(request))
        with while_reading():
            context |= {"artifact": sealed.artifact, "size": readable_bytes(sealed.size), **_shown(request, sealed)}
    except Forbidden as error:
        return render(request, "error.html", {"error": error}, status=error.status)
    except QuartermasterError as error:
        context["absence"] = error.message
    return TemplateResponse(request, "admin/registry/artifact.html", pages.page_context(request, execution, **context))


def artifact_file(request: HttpRequest, execution: Execution) -> HttpResponseBase:
    """The same file, with the same caution, as the API gives."""
    try:
        sealed = open_artifact(execution.id, reader=caller_behind(request))
        with while_reading():
            return download(sealed, request.headers, head_only=request.method == "HEAD")
    except QuartermasterError as error:
        return render(request, "error.html", {"error": error}, status=error.status)


def _shown(request: HttpRequest, sealed: Sealed) -> dict[str, Any]:
    if not sealed.artifact.is_text:
        return {}
    sought = request.GET.get("grep", "")
    if sought:
        return _found(sealed, sought, _number(request, "offset", 0))
    return _page(sealed, request)


def _page(sealed: Sealed, request: HttpRequest) -> dict[str, Any]:
    """From a line on; from an offset on inside of a line that is longer than a page."""
    inside = _number(request, "offset", 0)
    first = _number(request, "line", 1) or 1
    if inside:
        part = read_bytes(sealed, inside, PAGE_BYTES)
        number = sealed.line_at(part.offset)
    else:
        part = read_lines(sealed, first, first + PAGE_LINES - 1, PAGE_BYTES)
        number = first
    lines = part.content.removesuffix("\n").split("\n") if part.content else []
    return {
        "lines": _drawn(sealed, list(enumerate(lines, number))),
        "first": number,
        "last": number + max(0, len(lines) - 1),
        "previous": _query(line=max(1, first - PAGE_LINES)) if first > 1 and not inside else "",
        "next": _next(part, number + len(lines)),
    }


def _next(part: Part, line: int) -> str:
    if part.next_offset is None:
        return ""
    return _query(line=line) if part.content.endswith("\n") else _query(offset=part.next_offset)


def _found(sealed: Sealed, sought: str, offset: int) -> dict[str, Any]:
    try:
        found = grep(sealed, read_pattern(sought), offset=offset, context=CONTEXT)
    except BadPattern as error:
        return {"complaint": str(error)}
    return {
        "count": len(found.matches),
        "matches": [
            (match.line, _drawn(sealed, list(_numbered([*match.before, match.line, *match.after])), match.line.number))
            for match in found.matches
        ],
        "next": _query(grep=sought, offset=found.next_offset) if found.next_offset is not None else "",
        "searched": readable_bytes(offset + found.scanned_bytes),
    }


def _numbered(lines: list[Line]) -> Iterator[tuple[int, str]]:
    return ((line.number, line.text) for line in lines)


def _drawn(sealed: Sealed, lines: list[tuple[int, str]], marked: int = 0) -> SafeString:
    colour = coloured if sealed.artifact.media_type == JSON_TYPE else str
    rows = (
        (" qm-line-found" if number == marked else "", number, colour(one_sees(text.removesuffix("\r"))))
        for number, text in lines
    )
    return format_html_join(
        "", '<span class="qm-line{}"><span class="qm-line-number">{}</span><span>{}\n</span></span>', rows
    )


def _number(request: HttpRequest, name: str, otherwise: int) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 13 else otherwise


def _query(**parameters: object) -> str:
    return f"?{urlencode(parameters)}"


def usage_panel(request: HttpRequest, tenant: Tenant) -> SafeString:
    """What a tenant's artifacts take, of what they may."""
    used = Artifact.objects.filter(tenant=tenant).aggregate(count=Count("id"), size=Sum("size"))
    size, quota = used["size"] or 0, quota_of(tenant.artifact_quota_bytes)
    context = {
        "count": used["count"],
        "size": readable_bytes(size),
        "quota": readable_bytes(quota),
        "share": min(100, round(100 * size / quota)) if quota else 100,
    }
    return SafeString(render_to_string("admin/registry/artifact_usage.html", context, request))


offer_panel(Tenant, usage_panel)
