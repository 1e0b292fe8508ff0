"""Imports of APIs: handed in here, followed until they have ended, and what came of each."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.chrome.cells import BAD, GOOD, INFO, MUTE, NOTHING, ago, badge, duration, two_lines
from accounts.chrome.filters import ChoiceFilter, WordFilter
from accounts.chrome.pages import Empty, TenantPages
from accounts.naming import name_of
from integrations.admin.import_acts import ImportApi
from integrations.admin.import_report import told
from integrations.format import shelf
from integrations.models import ConnectorImport
from integrations.models.connector import UNENDED, ImportState

REFRESH_SECONDS = 2
_TONES = {
    ImportState.WAITING: MUTE,
    ImportState.RUNNING: INFO,
    ImportState.DONE: GOOD,
    ImportState.FAILED: BAD,
}


class StateFilter(ChoiceFilter):
    title, parameter_name, field, choice_set = "state", "state", "state", ImportState


class ConnectorFilter(WordFilter):
    title, parameter_name, field = "connector", "connector", "connector"


@admin.register(ConnectorImport)
class ImportPages(TenantPages):
    plural = "imports"
    list_display = ("what", "state_shown", "became", "when")
    filters = (StateFilter, ConnectorFilter)
    search_fields = ("connector", "origin")
    search_help_text = "Search connector, URL"
    ordering = ("-id",)
    sortable_by: ClassVar[tuple[str, ...]] = ()
    detail_template = "admin/integrations/import.html"
    empty = Empty(
        "No API was imported yet",
        "Hand in the OpenAPI description of a service, and each of its operations can become a tool.",
    )
    add_act = ImportApi()

    @property
    def audit_word(self) -> str:
        return "import"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConnectorImport]:
        rows: QuerySet[ConnectorImport] = super().get_queryset(request)
        return rows.defer("content")

    def name_of(self, subject: ConnectorImport) -> str:
        return f"Import of {subject.connector}"

    @admin.display(description="Connector")
    def what(self, row: ConnectorImport) -> str:
        return two_lines(row.connector, row.origin or "Handed in")

    @admin.display(description="State")
    def state_shown(self, row: ConnectorImport) -> str:
        return state_badge(row)

    @admin.display(description="Became actions")
    def became(self, row: ConnectorImport) -> str:
        if not row.report:
            return NOTHING
        return f"{row.report['actions']:,} of {row.report['operations']:,}"

    @admin.display(description="When")
    def when(self, row: ConnectorImport) -> str:
        return ago(row.created_at)

    def detail(self, request: HttpRequest, subject: ConnectorImport) -> dict[str, Any]:
        search, reason = request.GET.get("q", "")[:200], request.GET.get("reason", "")
        return {
            "state": state_badge(subject),
            "by": name_of(subject.actor),
            "took": _took(subject),
            "refresh_seconds": REFRESH_SECONDS if subject.state in UNENDED else None,
            "percent": 100 * min(subject.done, subject.total) // subject.total if subject.total else None,
            "told": told(subject.report, search=search, reason=reason) if subject.report else None,
            "search": search,
            "reason": reason,
            "is_there": shelf.connector(subject.connector, tenant_id=subject.tenant_id) is not None,
        }


def state_badge(row: ConnectorImport) -> SafeString:
    state = ImportState(row.state)
    return badge(str(state.label), _TONES[state])


def _took(row: ConnectorImport) -> SafeString:
    if row.finished_at is None:
        return NOTHING
    return duration(int((row.finished_at - row.created_at).total_seconds() * 1_000_000))
