"""Ordering an erasure: what is meant, how much that is, and only then the button, behind a word to be typed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.chrome.acts import Act, attempt
from accounts.chrome.forms import ActForm, complain
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.errors import Fault, Invalid, QuartermasterError
from integrations.entering import PLAIN
from memory.erasing.begin import begin_erasure, count_erasure
from memory.limits import LONGEST_NAMESPACE
from memory.models import (
    AnsweredRequest,
    Erased,
    ImportFault,
    Memory,
    MemoryCount,
    MemoryEmbedding,
    MemoryErasure,
    MemoryImport,
    MemoryLink,
    MemoryVersion,
)

MEMORIES = Memory._meta.db_table
_CALLED = {
    MEMORIES: "Memories",
    MemoryVersion._meta.db_table: "Earlier versions",
    MemoryEmbedding._meta.db_table: "Vectors",
    MemoryLink._meta.db_table: "Links",
    MemoryCount._meta.db_table: "Counts by namespace",
    MemoryImport._meta.db_table: "Imports",
    ImportFault._meta.db_table: "Faults of imports",
    AnsweredRequest._meta.db_table: "Answers to repeated requests",
}
WHAT = {
    Erased.END_USER: "What is remembered of one end user",
    Erased.NAMESPACE: "A namespace, with all below it",
    Erased.TENANT: "All memories of the tenant",
}
Counts = list[tuple[str, int, int]]
"""What people call a table's rows, how many were or would be removed, and how many were found afterwards."""


class WhatForm(ActForm):
    what = forms.ChoiceField(choices=[(what.value, said) for what, said in WHAT.items()])
    target = forms.CharField(
        label="Which one",
        required=False,
        max_length=LONGEST_NAMESPACE,
        help_text="The end user, or the namespace. Empty for all of the tenant.",
        widget=forms.TextInput(attrs=PLAIN),
    )


class ConfirmForm(WhatForm):
    confirm = forms.CharField(label="Type it once more", required=False, widget=forms.TextInput(attrs=PLAIN))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in WhatForm.base_fields:
            self.fields[name].widget = forms.HiddenInput()


class NewErasure(Act):
    name, label, icon = "add", "Erase memories", "delete_forever"
    danger = True
    form_class = ConfirmForm

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> MemoryErasure:
        caller = caller_behind(request)
        word = word_for(values, caller.tenant_slug)
        if values["confirm"].strip() != word:
            raise Invalid("Nothing is erased.", faults=[Fault("$.confirm", f"Type `{word}`, letter by letter.")])
        return begin_erasure(tenant_id=caller.tenant_id, by=caller, what=values["what"], target=values["target"])


def erase_page(pages: TenantPages, request: HttpRequest) -> HttpResponse:
    act = NewErasure()
    if not act.allowed(request, pages, None):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    what = WhatForm(asked if "what" in asked else None)
    counts = _counts(request, what)
    form = ConfirmForm(request.POST if request.method == "POST" else None, initial=asked.dict())
    if counts is not None and form.is_bound:
        done, result = attempt(act, request, None, form)
        if done:
            messages.success(request, "It is being erased. The proof stands here when that has ended.")
            return redirect(pages.address("change", result.pk))
    context = pages.page_context(
        request,
        None,
        crumb="Erase",
        title="Erase memories",
        what=what,
        form=form,
        counts=counts,
        count=next((number for name, number, _ in counts or () if name == called(MEMORIES)), 0),
        word=word_for(what.cleaned_data, caller_behind(request).tenant_slug) if counts is not None else "",
        back_url=pages.address("changelist"),
    )
    is_wrong = bool(what.errors or (form.is_bound and form.errors))
    return TemplateResponse(request, "admin/memory/erase.html", context, status=422 if is_wrong else 200)


def _counts(request: HttpRequest, what: WhatForm) -> Counts | None:
    """None: it is not known yet what is meant, or cannot be erased, which the form tells."""
    if not what.is_valid():
        return None
    values = what.cleaned_data
    try:
        return by_table(count_erasure(by=caller_behind(request), what=values["what"], target=values["target"]), {})
    except QuartermasterError as error:
        complain(what, error)
        return None


def word_for(values: Mapping[str, Any], tenant_slug: str) -> str:
    """What has to be typed."""
    return tenant_slug if values["what"] == Erased.TENANT else str(values["target"]).strip()


def by_table(removed: Mapping[str, int], left: Mapping[str, int]) -> Counts:
    tables = {table for table in (*removed, *left) if removed.get(table) or left.get(table)} | {MEMORIES}
    return sorted((called(table), removed.get(table, 0), left.get(table, 0)) for table in tables)


def called(table: str) -> str:
    """What people call its rows; a table that is new here, by its own name."""
    return _CALLED.get(table, table)
