"""Erasures: what was remembered of an end user, in a namespace or by a tenant, removed for ever, with a proof."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from accounts.chrome.cells import NOTHING, ago, mono
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import uuid_in
from accounts.naming import names_of
from memory.admin.erase_page import WHAT, NewErasure, by_table, erase_page
from memory.admin.imports import REFRESH_SECONDS, status_badge
from memory.erasing.find import find_erasure, list_erasures
from memory.erasing.proof import as_told
from memory.errors import ErasureNotFound
from memory.models import UNENDED, BulkStatus, Erased, MemoryErasure


@admin.register(MemoryErasure)
class MemoryErasurePages(TenantPages):
    plural = "erasures"
    list_display = ("what_shown", "status_shown", "removed_shown", "by", "when")
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/memory/erasure_list.html"
    detail_template = "admin/memory/erasure.html"
    empty = Empty(
        "Nothing was erased",
        "When somebody asks to be forgotten, erase what is remembered of them: you see how much that is first, and get "
        "a proof afterwards.",
    )
    add_act = NewErasure()
    audit_word = "memory_erasure"

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemoryErasure]:
        return list_erasures(by=caller_behind(request))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        cl: Any = super().get_changelist_instance(request)
        cl.result_list = list(cl.result_list)
        names = names_of(row.actor for row in cl.result_list)
        for row in cl.result_list:
            row.actor_name = names.get(row.actor) or row.actor
        return cl

    def found(self, request: HttpRequest, object_id: str) -> MemoryErasure:
        """As `find_erasure`; who may not see any has been told so by then."""
        asked = uuid_in(object_id)
        try:
            if asked is not None:
                return find_erasure(by=caller_behind(request), erasure_id=asked)
        except ErasureNotFound:
            pass
        raise Http404

    def name_of(self, subject: MemoryErasure) -> str:
        return WHAT[Erased(subject.what)]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return erase_page(self, request)

    @admin.display(description="What")
    def what_shown(self, row: MemoryErasure) -> str:
        return self.name_of(row)

    @admin.display(description="Status")
    def status_shown(self, row: MemoryErasure) -> SafeString:
        return status_badge(row.status)

    @admin.display(description="Memories removed")
    def removed_shown(self, row: MemoryErasure) -> Any:
        return f"{row.ids:,}" if row.ids else NOTHING

    @admin.display(description="By")
    def by(self, row: MemoryErasure) -> str:
        return str(row.actor_name)  # type: ignore[attr-defined]

    @admin.display(description="When")
    def when(self, row: MemoryErasure) -> SafeString:
        return ago(row.created_at)

    def detail(self, request: HttpRequest, subject: MemoryErasure) -> dict[str, Any]:
        proof = as_told(subject)
        is_proven = subject.status == BulkStatus.SUCCEEDED
        return {
            "state": status_badge(subject.status),
            "refresh_seconds": REFRESH_SECONDS if subject.status in UNENDED else None,
            "target": mono(subject.target) if subject.target else NOTHING,
            "by": names_of([subject.actor]).get(subject.actor) or subject.actor,
            "proof": proof,
            "rows": by_table(proof["removed"], proof["found_after"] or {}) if is_proven else [],
        }
