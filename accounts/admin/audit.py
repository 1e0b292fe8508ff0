"""The audit trail: who did what to what. Read only, and anybody who may read it can have it verified."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from accounts.chrome.cells import GOOD, MUTE, badge, moment, mono, subtle
from accounts.chrome.filters import MenuFilter
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.chrome.site import QuartermasterSite
from accounts.models import AuditEntry
from accounts.naming import names_of
from accounts.verify import verify_chain

LONGEST_CHAIN = 100_000
"""Entries that are verified while somebody waits for the page; longer chains are for `manage.py verify_audit`."""


class KindFilter(MenuFilter):
    """By what was acted upon: the words that the registered pages go by in the audit trail."""

    title, parameter_name = "kind", "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        words = {pages.audit_word for pages in every_pages(model_admin)}
        return [(word, word) for word in sorted(words - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        chosen = self.chosen()
        return queryset.filter(action__startswith=f"{chosen}.") if chosen else queryset


@admin.register(AuditEntry)
class AuditEntryPages(TenantPages):
    list_display = ("at_time", "what", "who", "to_what", "sealed")
    filters = (KindFilter,)
    search_fields = ("action", "subject", "actor")
    search_help_text = "Search action, or an id"
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/accounts/audit_list.html"
    detail_template = "admin/accounts/audit_entry.html"
    empty = Empty("Nothing has happened yet", "Every change and every call leaves an entry here.")
    audit_word = ""

    def get_urls(self) -> list[URLPattern]:
        verify = path(
            "verify/", self.admin_site.admin_view(require_POST(self.verify)), name="accounts_auditentry_verify"
        )
        return [verify, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        response = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data:
            name_actors(response.context_data["cl"].result_list)
        return response

    def verify(self, request: HttpRequest) -> HttpResponse:
        """Compute the tenant's whole chain again and say what came of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        level, sentence = verdict(caller_behind(request).tenant_id)
        messages.add_message(request, level, sentence)
        return redirect(self.address("changelist"))

    @admin.display(description="Time (UTC)")
    def at_time(self, entry: AuditEntry) -> str:
        return moment(entry.at)

    @admin.display(description="What")
    def what(self, entry: AuditEntry) -> str:
        return mono(entry.action)

    @admin.display(description="Who")
    def who(self, entry: AuditEntry) -> str:
        return getattr(entry, "actor_name", "") or mono(entry.actor)

    @admin.display(description="To what")
    def to_what(self, entry: AuditEntry) -> str:
        word, _, id_ = entry.subject.partition(":")
        pages = pages_of(self, word)
        text = f"{word} {id_[-12:]}"
        if pages is None:
            return mono(text)
        return format_html('<a class="qm-link qm-mono" href="{}">{}</a>', pages.address("change", id_), text)

    @admin.display(description="Sealed")
    def sealed(self, entry: AuditEntry) -> str:
        return badge(f"#{entry.sequence}", GOOD) if entry.sequence else badge("waiting", MUTE)

    def name_of(self, subject: AuditEntry) -> str:
        return subject.action

    def detail(self, request: HttpRequest, subject: AuditEntry) -> dict[str, Any]:
        name_actors([subject])
        return {"who": self.who(subject), "to_what": self.to_what(subject), "state": self.sealed(subject)}


def every_pages(one: TenantPages) -> list[TenantPages]:
    """All pages of the site that these belong to."""
    return list(cast(QuartermasterSite, one.admin_site).every_pages())


def pages_of(one: TenantPages, audit_word: str) -> TenantPages | None:
    """The pages of what the audit trail calls so."""
    return next((pages for pages in every_pages(one) if audit_word and pages.audit_word == audit_word), None)


def name_actors(entries: Iterable[AuditEntry]) -> None:
    """Give each entry an `actor_name` for people and agents that there still are, in two queries for all."""
    entries = list(entries)
    names = names_of(each.actor for each in entries)
    for entry in entries:
        entry.actor_name = names.get(entry.actor) or _system(entry.actor)  # type: ignore[attr-defined]


def _system(actor: str) -> str:
    return subtle(actor.removeprefix("system:")) if actor.startswith("system:") else ""


def verdict(tenant_id: UUID) -> tuple[int, str]:
    """A message's level and its sentence."""
    length = AuditEntry.objects.count()
    if length > LONGEST_CHAIN:
        return messages.WARNING, (
            f"The trail has {length:,} entries, too many to verify while you wait. "
            "Run `manage.py verify_audit` where Quartermaster is installed."
        )
    found = verify_chain(tenant_id=tenant_id)
    if found.damage is not None:
        return messages.ERROR, f"The trail is damaged at entry {found.damage.sequence}. {found.damage.sentence}"
    waiting = f" {found.unsealed} newer ones wait for their seal." if found.unsealed else ""
    return messages.SUCCESS, f"All {found.head.sequence:,} sealed entries are as they were written.{waiting}"
