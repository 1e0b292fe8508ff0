"""Linking a memory to another, and taking a link away."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm, JsonField
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.errors import Fault, Invalid
from accounts.ids import uuid_in
from integrations.entering import PLAIN
from memory.admin.cells import excerpt
from memory.errors import LinkNotFound, MemoryNotFound
from memory.limits import LONGEST_LINK_TYPE
from memory.links.create import link
from memory.links.find import find_link
from memory.links.remove import unlink
from memory.models import Memory, MemoryLink

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class LinkForm(ActForm):
    to = forms.CharField(
        label="To which memory",
        help_text="Its id, or the address of its page.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    type = forms.CharField(
        label="How they are related",
        max_length=LONGEST_LINK_TYPE,
        initial="about",
        help_text="A word of your own: `about`, `caused_by`, `supersedes`. It reads from this memory to that one.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    weight = forms.FloatField(
        initial=1.0,
        help_text="How strong: 0.000001 to 1.",
        widget=forms.NumberInput(attrs={"min": 0, "max": 1, "step": "any"}),
    )
    metadata = JsonField(kind=dict)
    halves: ClassVar[frozenset[str]] = frozenset({"type", "weight"})
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (("More about the link", ("metadata",)),)
    folded = frozenset({"More about the link"})

    def clean_to(self) -> UUID:
        found = _ID.findall(self.cleaned_data["to"])
        if len(found) != 1:
            raise ValidationError("This is no memory's id. It stands at the top of the memory's page.")
        return UUID(found[0])


class AddLink(Act):
    name, label, button, icon = "link", "Link", "Link them", "add_link"
    form_class = LinkForm

    def offered(self, subject: Memory) -> bool:
        return subject.deleted_at is None

    def explain(self, subject: Memory) -> str:
        return f"From `{excerpt(subject.content, 60)}` to another memory. Searches can follow links."

    def perform(self, request: HttpRequest, subject: Memory, values: dict[str, Any]) -> MemoryLink:
        facts = {"type": values["type"], "weight": values["weight"], "metadata": values["metadata"] or {}}
        try:
            return link(by=caller_behind(request), from_id=subject.id, to_id=values["to"], **facts).link
        except MemoryNotFound as error:
            raise Invalid(faults=[Fault("$.to", "There is no such memory, or it was deleted.")]) from error

    def answer(self, request: HttpRequest, pages: TenantPages, subject: Memory, result: MemoryLink) -> HttpResponse:
        messages.success(request, "They are linked.")
        return redirect(f"{pages.address('change', subject.pk)}#links")


class UnlinkForm(ActForm):
    link = forms.UUIDField(widget=forms.HiddenInput)


class RemoveLink(Act):
    name, label, button = "unlink", "Remove a link", "Remove the link"
    danger = True
    form_class = UnlinkForm

    def offered(self, subject: Memory) -> bool:
        """Each link has a button of its own."""
        return False

    def initial(self, request: HttpRequest, subject: Memory) -> dict[str, Any]:
        """Raises LinkNotFound."""
        asked = uuid_in(request.GET.get("link", ""))
        if asked is None:
            raise LinkNotFound
        return {"link": find_link(by=caller_behind(request), link_id=asked).id}

    def form(self, request: HttpRequest, subject: Memory, data: Any = None) -> ActForm:
        return UnlinkForm(data) if data is not None else UnlinkForm(initial=self.initial(request, subject))

    def explain(self, subject: Memory) -> str:
        return "Both memories stay; only what relates them goes."

    def perform(self, request: HttpRequest, subject: Memory, values: dict[str, Any]) -> MemoryLink:
        return unlink(by=caller_behind(request), link_id=values["link"])

    def answer(self, request: HttpRequest, pages: TenantPages, subject: Memory, result: MemoryLink) -> HttpResponse:
        messages.success(request, "The link is removed.")
        return redirect(f"{pages.address('change', subject.pk)}#links")
