"""What people do with memories in the browser. Each act calls a verb."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.chrome.acts import Act
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.roles import Right
from memory.admin.cells import below
from memory.admin.memory_forms import EditMemoryForm, MemoryForm
from memory.admin.namespaces import subtree_in
from memory.admin.said import facts_at, says
from memory.create import Created, create_memory
from memory.delete import delete_memory
from memory.embedding.soon import embed_soon
from memory.models import Memory
from memory.namespaces import DEFAULT_NAMESPACE
from memory.purge import purge_memory
from memory.restore import restore_memory
from memory.update import update_memory


def is_there(memory: Memory) -> bool:
    return memory.deleted_at is None


class NewMemory(Act):
    name, label, button, icon = "add", "New memory", "Remember it", "add"
    form_class = MemoryForm

    def initial(self, request: HttpRequest, subject: None) -> dict[str, Any]:
        return {"namespace": subtree_in(request.GET.get("namespace", "")) or DEFAULT_NAMESPACE}

    def perform(self, request: HttpRequest, subject: None, values: dict[str, Any]) -> Created:
        caller = caller_behind(request)
        created = create_memory(tenant_id=caller.tenant_id, by=caller, facts=values)
        embed_soon()
        return created

    def answer(self, request: HttpRequest, pages: TenantPages, subject: None, result: Created) -> HttpResponse:
        if result.is_new:
            messages.success(request, "It is remembered. Searches by words find it now, by meaning in a moment.")
        else:
            messages.warning(request, "This namespace holds the same words already: here they are, unchanged.")
        return redirect(pages.address("change", result.memory.pk))


class EditMemory(Act):
    name, label, button, icon = "edit", "Edit", "Save", "edit"
    done = "It is changed. What it said before stands among its versions."
    form_class = EditMemoryForm

    def offered(self, subject: Memory) -> bool:
        return is_there(subject)

    def form(self, request: HttpRequest, subject: Memory, data: Any = None) -> EditMemoryForm:
        begun = facts_at(subject, int(data["version"])) if data and str(data.get("version")).isdecimal() else None
        return EditMemoryForm(data, now=says(subject), current=subject.version, begun=begun)

    def perform(self, request: HttpRequest, subject: Memory, values: dict[str, Any]) -> Memory:
        changes = {name: value for name, value in values.items() if name != "version"}
        memory = update_memory(
            by=caller_behind(request), memory_id=subject.id, version=values["version"], changes=changes
        )
        embed_soon()
        return memory


class DeleteMemory(Act):
    name, label, icon = "remove", "Delete", "delete"
    done = "It is deleted: nobody finds it any more. Until it is purged, it can be restored here."
    danger = True

    def offered(self, subject: Memory) -> bool:
        return is_there(subject)

    def explain(self, subject: Memory) -> str:
        return "Nobody finds it any more, and its vector is removed. It can be restored until it is purged."

    def perform(self, request: HttpRequest, subject: Memory, values: dict[str, Any]) -> Memory:
        return delete_memory(by=caller_behind(request), memory_id=subject.id)


class RestoreMemory(Act):
    name, label, icon = "restore", "Restore", "restore_from_trash"
    done = "It is restored, with its links. It gets a new vector in a moment."

    def offered(self, subject: Memory) -> bool:
        return not is_there(subject)

    def explain(self, subject: Memory) -> str:
        return f"It is found again in `{subject.namespace}`, as it was."

    def perform(self, request: HttpRequest, subject: Memory, values: dict[str, Any]) -> Memory:
        memory = restore_memory(by=caller_behind(request), memory_id=subject.id)
        embed_soon()
        return memory


class PurgeMemory(Act):
    name, label, button, icon = "purge", "Purge", "Remove it for good", "delete_forever"
    danger = True

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.PEOPLE)

    def offered(self, subject: Memory) -> bool:
        return not is_there(subject)

    def explain(self, subject: Memory) -> str:
        return "The memory, its versions and its links are removed for good. Nobody can undo that."

    def perform(self, request: HttpRequest, subject: Memory, values: dict[str, Any]) -> None:
        purge_memory(by=caller_behind(request), memory_id=subject.id)

    def answer(self, request: HttpRequest, pages: TenantPages, subject: Memory, result: None) -> HttpResponse:
        messages.success(request, "It is purged.")
        return redirect(f"{below(subject.namespace)}&state=deleted")
