"""Memories in the browser: looked through by namespace, each with what it said before and what it is linked to."""

from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts.chrome.cells import ago, two_lines
from accounts.chrome.pages import Empty, TenantPages, caller_behind
from accounts.ids import uuid_in
from memory.admin.cells import excerpt, tags, trust_badge, vector_badge
from memory.admin.link_acts import AddLink, RemoveLink
from memory.admin.memory_acts import DeleteMemory, EditMemory, NewMemory, PurgeMemory, RestoreMemory
from memory.admin.memory_detail import detail_of
from memory.admin.memory_filters import (
    BehindFilter,
    BelowFilter,
    EndUserFilter,
    KindFilter,
    TagFilter,
    ThereFilter,
    TrustFilter,
)
from memory.admin.namespaces import subtree_in, tree_of
from memory.admin.versions_page import versions_page
from memory.errors import MemoryNotFound
from memory.find import embedding_status, find_memory, list_memories
from memory.models import Memory
from memory.models.memory import SEARCH_LANGUAGE
from memory.namespaces import EVERYWHERE
from registry.admin.command import curl

START = 300
"""Characters of a content that a row is made of."""
FIRST = {"content": "Ada prefers mails in the morning.", "namespace": "people/ada", "kind": "preference"}
"""What an agent may remember first."""


@admin.register(Memory)
class MemoryPages(TenantPages):
    list_display = ("what", "kind_shown", "tags_shown", "trust_shown", "vector", "changed")
    filters = (KindFilter, TagFilter, TrustFilter, EndUserFilter, ThereFilter, BelowFilter, BehindFilter)
    search_fields = ("content",)
    search_help_text = "Words, or an id"
    ordering = ("-id",)
    sortable_by = ()
    change_list_template = "admin/memory/memory_list.html"
    detail_template = "admin/memory/memory.html"
    empty = Empty(
        "Nothing is remembered yet",
        "What agents and people have remembered is listed here. Write the first memory yourself, or let an agent:",
        "admin/memory/no_memories.html",
    )
    add_act = NewMemory()
    edit_act = EditMemory()
    acts = (AddLink(), RemoveLink(), RestoreMemory(), DeleteMemory(), PurgeMemory())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.versions_view)
        return [path("<path:object_id>/versions/", view, name="memory_memory_versions"), *super().get_urls()]

    def versions_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return versions_page(self, request, self.found(request, object_id))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Memory]:
        return list_memories(
            by=caller_behind(request), subtree=_path_in(request), deleted=request.GET.get("state") == "deleted"
        )

    def found(self, request: HttpRequest, object_id: str) -> Memory:
        """A deleted one, too: its page is where it is restored."""
        memory_id = uuid_in(object_id)
        if memory_id is None:
            raise Http404
        for deleted in (False, True):
            try:
                return find_memory(by=caller_behind(request), memory_id=memory_id, deleted=deleted)
            except MemoryNotFound:
                continue
        raise Http404

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        asked = _path_in(request)
        context = {
            "add_url": f"add/?namespace={asked}" if asked else "add/",
            "first_memory": curl(f"{request.scheme}://{request.get_host()}/api/v1/memories/", FIRST),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the tree, and with how far each row's vector is; without what no row shows."""
        cl: Any = super().get_changelist_instance(request)
        at, behind = _path_in(request), subtree_in(request.GET.get("after", ""))
        cl.tree = tree_of(
            caller_behind(request),
            at,
            after=behind,
            address=lambda to: cl.get_query_string({"namespace": to} if to else {}, ["p", "after", "namespace"]),
            more=lambda after: cl.get_query_string({"after": after}, ["p", "after"]),
        )
        cl.has_active_filters = cl.has_active_filters or at != EVERYWHERE
        cl.result_list = list(
            cl.result_list.annotate(start=Left("content", START)).defer("words", "content", "metadata")
        )
        statuses = embedding_status(cl.result_list)
        for memory in cl.result_list:
            memory.vector_status = statuses[memory.id]
        return cl

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Memory], search_term: str
    ) -> tuple[QuerySet[Memory], bool]:
        """By id, or by words as searches take them. What is like it in meaning, the page for searches finds."""
        term = search_term.strip()
        if asked := uuid_in(term):
            return queryset.filter(id=asked), False
        words = SearchQuery(term, config=SEARCH_LANGUAGE, search_type="websearch")
        return (queryset.filter(words=words) if term else queryset), False

    def name_of(self, subject: Memory) -> str:
        return excerpt(subject.content, 60)

    @admin.display(description="Memory")
    def what(self, memory: Memory) -> SafeString:
        return two_lines(excerpt(memory.start), memory.namespace)  # type: ignore[attr-defined]

    @admin.display(description="Kind")
    def kind_shown(self, memory: Memory) -> str:
        return memory.kind

    @admin.display(description="Tags")
    def tags_shown(self, memory: Memory) -> SafeString:
        return tags(memory.tags)

    @admin.display(description="Trust")
    def trust_shown(self, memory: Memory) -> SafeString:
        return trust_badge(memory)

    @admin.display(description="Vector")
    def vector(self, memory: Memory) -> SafeString:
        return vector_badge(memory.vector_status)  # type: ignore[attr-defined]

    @admin.display(description="Changed")
    def changed(self, memory: Memory) -> SafeString:
        return ago(memory.updated_at)

    def detail(self, request: HttpRequest, subject: Memory) -> dict[str, Any]:
        return detail_of(request, subject)


def _path_in(request: HttpRequest) -> str:
    return subtree_in(request.GET.get("namespace", ""))
