"""Imports of memories: handed in as a file, followed until they have ended, and what was wrong with which line."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.chrome.acts import Act
from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, WARN, ago, badge, duration, readable_bytes, two_lines
from accounts.chrome.filters import ChoiceFilter
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import uuid_in
from accounts.middleware import asks_outside
from accounts.naming import names_of
from integrations.entering import PLAIN
from memory.admin.namespaces import subtree_in
from memory.errors import ImportNotFound
from memory.importing.begin import begin_import
from memory.importing.cancel import cancel_import
from memory.importing.find import faults_of, find_import, list_imports, pace_of
from memory.limits import LONGEST_NAMESPACE
from memory.models import UNENDED, BulkStatus, MemoryImport, Trust
from memory.namespaces import DEFAULT_NAMESPACE

REFRESH_SECONDS = 2
SHOWN_FAULTS = 200
_TONES = {
    BulkStatus.WAITING: MUTE,
    BulkStatus.RUNNING: INFO,
    BulkStatus.SUCCEEDED: GOOD,
    BulkStatus.FAILED: BAD,
    BulkStatus.CANCELLED: WARN,
}


class StatusFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "status", "status", "status", BulkStatus


class ImportForm(ActForm):
    lines = forms.FileField(
        label="File",
        help_text='A memory on each line, as JSON: `{"content": "…", "namespace": "people/ada", "tags": ["mail"]}`. Up '
        "to 32 MB here; the API takes larger ones.",
        widget=forms.FileInput(attrs={"accept": ".jsonl,.ndjson,.json,.txt"}),
    )
    namespace = forms.CharField(
        max_length=LONGEST_NAMESPACE,
        initial=DEFAULT_NAMESPACE,
        help_text="Of lines that name none.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    trust = forms.ChoiceField(
        choices=Trust.choices,
        initial=Trust.UNTRUSTED,
        help_text="Of lines that say nothing of it. What you have not read yourself is best left untrusted.",
    )
    halves = frozenset({"namespace", "trust"})


class NewImport(Act):
    name, label, button, icon = "add", "Import memories", "Import", "upload_file"
    form_class = ImportForm
    asks_outside = True

    def form(self, request: HttpRequest, subject: None, data: Any = None) -> ImportForm:
        namespace = subtree_in(request.GET.get("namespace", "")) or DEFAULT_NAMESPACE
        return ImportForm(data, request.FILES if data is not None else None, initial={"namespace": namespace})

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> MemoryImport:
        caller = caller_behind(request)
        return begin_import(
            tenant_id=caller.tenant_id,
            by=caller,
            lines=values["lines"].chunks(),
            namespace=values["namespace"],
            trust=values["trust"],
        )

    def answer(self, request: HttpRequest, pages: TenantPages, subject: None, result: MemoryImport) -> HttpResponse:
        messages.success(request, f"{result.total_lines:,} lines came in. A worker reads them now.")
        return redirect(pages.address("change", result.pk))


class CancelImport(Act):
    name, label, button, icon = "cancel", "Cancel", "Cancel the import", "cancel"
    done = "It is cancelled. What had become memories stays."
    danger = True

    def offered(self, subject: MemoryImport) -> bool:
        return subject.status in UNENDED

    def explain(self, subject: MemoryImport) -> str:
        return "No more lines are read. Memories that were made of it until now stay."

    def perform(self, request: HttpRequest, subject: MemoryImport, values: dict[str, Any]) -> MemoryImport:
        return cancel_import(by=caller_behind(request), import_id=subject.id)


@admin.register(MemoryImport)
class MemoryImportPages(TenantPages):
    plural = "imports of memories"
    list_display = ("what", "status_shown", "became", "wrong", "by", "when")
    filters = (StatusFilter,)
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/memory/import_list.html"
    detail_template = "admin/memory/import.html"
    empty = Empty(
        "Nothing was imported yet",
        "Hand in a file with a memory on each line. You can follow it here, and what is wrong with a line is told.",
    )
    add_act = NewImport()
    acts = (CancelImport(),)
    audit_word = "memory_import"

    @asks_outside
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The lines are kept before there is a row, in no transaction of ours."""
        return self.carry_out_outside(request, NewImport(), None)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemoryImport]:
        return list_imports(by=caller_behind(request))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        cl: Any = super().get_changelist_instance(request)
        cl.result_list = list(cl.result_list)
        names = names_of(row.actor for row in cl.result_list)
        for row in cl.result_list:
            row.actor_name = names.get(row.actor) or row.actor
        return cl

    def found(self, request: HttpRequest, object_id: str) -> MemoryImport:
        asked = uuid_in(object_id)
        try:
            if asked is not None:
                return find_import(by=caller_behind(request), import_id=asked)
        except ImportNotFound:
            pass
        raise Http404

    def name_of(self, subject: MemoryImport) -> str:
        return f"Import of {subject.total_lines:,} lines"

    @admin.display(description="Import")
    def what(self, row: MemoryImport) -> SafeString:
        return two_lines(f"{row.total_lines:,} lines", f"{readable_bytes(row.size)} into {row.namespace}")

    @admin.display(description="Status")
    def status_shown(self, row: MemoryImport) -> SafeString:
        shown = status_badge(row.status)
        if row.status not in UNENDED or not row.line:
            return shown
        return format_html('{} <span class="qm-number">{} %</span>', shown, percent_of(row))

    @admin.display(description="Became memories")
    def became(self, row: MemoryImport) -> SafeString:
        return two_lines(f"{row.created:,}", f"{row.duplicates:,} were there" if row.duplicates else "")

    @admin.display(description="Refused")
    def wrong(self, row: MemoryImport) -> Any:
        return f"{row.refused:,}" if row.refused else NOTHING

    @admin.display(description="By")
    def by(self, row: MemoryImport) -> str:
        return str(row.actor_name)  # type: ignore[attr-defined]

    @admin.display(description="When")
    def when(self, row: MemoryImport) -> SafeString:
        return ago(row.created_at)

    def detail(self, request: HttpRequest, subject: MemoryImport) -> dict[str, Any]:
        pace = pace_of(subject)
        faults = faults_of(by=caller_behind(request), import_id=subject.id)
        return {
            "state": status_badge(subject.status),
            "is_going_on": subject.status in UNENDED,
            "refresh_seconds": REFRESH_SECONDS if subject.status in UNENDED else None,
            "percent": percent_of(subject),
            "pace": pace,
            "left": None if pace.eta_seconds is None else roughly(pace.eta_seconds),
            "took": duration(subject.worked_ms * 1000) if subject.worked_ms else NOTHING,
            "by": names_of([subject.actor]).get(subject.actor) or subject.actor,
            "faults": faults[:SHOWN_FAULTS] if subject.refused else (),
            "most": SHOWN_FAULTS,
        }


def status_badge(status: str) -> SafeString:
    known = BulkStatus(status)
    return badge(str(known.label), _TONES[known])


def percent_of(row: MemoryImport) -> int:
    return 100 * row.line // row.total_lines if row.total_lines else 0


def roughly(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 20 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min" if minutes else f"{rest} s"
