"""What a memory said at two versions, beside one another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from accounts.chrome.pages import TenantPages, caller_behind
from accounts.naming import names_of
from memory.admin.difference import Kind, Piece, difference
from memory.admin.said import facts_at
from memory.history import history_of
from memory.limits import MOST_VERSIONS
from memory.models import Memory
from memory.shown import iso
from memory.versions import CHANGEABLE

_LABELS = {
    "valid_from": "Valid from",
    "valid_to": "Valid until",
    "expires_at": "Forget at",
    "end_user": "End user",
}


@dataclass(frozen=True)
class Field:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """From one version to another."""

    before: int
    after: int
    content: list[Piece]
    fields: list[Field]

    @property
    def is_nothing(self) -> bool:
        return not self.fields and all(piece.kind is Kind.SAME for piece in self.content)


def versions_page(pages: TenantPages, request: HttpRequest, memory: Memory) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    by = caller_behind(request)
    rows = list(history_of(by=by, memory_id=memory.id, deleted=memory.deleted_at is not None)[:MOST_VERSIONS])
    names = names_of(each.changed_by for each in rows)
    known = [memory.version, *(each.version for each in rows)]
    after = _number(request, "to", known, memory.version)
    before = _number(request, "from", known, max((each for each in known if each < after), default=after))
    context = pages.page_context(
        request,
        memory,
        crumb="Versions",
        title=f"Versions: {pages.name_of(memory)}",
        versions=[(each, names.get(each.changed_by) or each.changed_by) for each in rows],
        known=known,
        most=MOST_VERSIONS,
        change=change_between(memory, before, after),
        back_url=pages.address("change", memory.pk),
    )
    return TemplateResponse(request, "admin/memory/versions.html", context)


def change_between(memory: Memory, before: int, after: int) -> Change:
    was, became = facts_at(memory, before) or {}, facts_at(memory, after) or {}
    return Change(
        before,
        after,
        content=difference(str(was.get("content", "")), str(became.get("content", ""))),
        fields=[
            Field(_LABELS.get(name, name.capitalize()), _told(name, was), _told(name, became))
            for name in CHANGEABLE
            if name != "content" and _told(name, was) != _told(name, became)
        ],
    )


def _told(name: str, facts: Mapping[str, Any]) -> str:
    value = facts.get(name)
    if hasattr(value, "tzinfo"):
        value = iso(value)
    if name == "tags":
        return ", ".join(value or [])
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else str(value or "")


def _number(request: HttpRequest, name: str, known: list[int], usual: int) -> int:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isdecimal() and int(asked) in known else usual
