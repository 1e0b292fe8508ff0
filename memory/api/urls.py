from django.urls import path

from memory.api.around import HistoryView, NamespacesView, NeighboursView
from memory.api.deleted import DeleteManyView, PurgeManyView, PurgeView, RestoreManyView, RestoreView
from memory.api.erasures import MemoryErasuresView, MemoryErasureView
from memory.api.exports import MemoryExportsView
from memory.api.imports import CancelMemoryImportView, MemoryImportFaultsView, MemoryImportsView, MemoryImportView
from memory.api.links import LinksView, LinkView
from memory.api.memories import MemoriesView, MemoryView
from memory.api.models import MemoryModelsView
from memory.api.rules import NamespaceRulesView, NamespaceRuleView
from memory.api.search import SearchView

urlpatterns = [
    # What agents ask most stands first.
    path("memories/search/", SearchView.as_view(), name="memories-search"),
    path("memories/", MemoriesView.as_view(), name="memories"),
    path("memories/delete/", DeleteManyView.as_view(), name="memories-delete"),
    path("memories/restore/", RestoreManyView.as_view(), name="memories-restore"),
    path("memories/purge/", PurgeManyView.as_view(), name="memories-purge"),
    path("memories/<uuid:memory_id>/", MemoryView.as_view(), name="memory"),
    path("memories/<uuid:memory_id>/restore/", RestoreView.as_view(), name="memory-restore"),
    path("memories/<uuid:memory_id>/purge/", PurgeView.as_view(), name="memory-purge"),
    path("memories/<uuid:memory_id>/history/", HistoryView.as_view(), name="memory-history"),
    path("memories/<uuid:memory_id>/neighbours/", NeighboursView.as_view(), name="memory-neighbours"),
    path("memory-links/", LinksView.as_view(), name="memory-links"),
    path("memory-links/<uuid:link_id>/", LinkView.as_view(), name="memory-link"),
    path("memory-namespaces/", NamespacesView.as_view(), name="memory-namespaces"),
    path("memory-models/", MemoryModelsView.as_view(), name="memory-models"),
    path("memory-imports/", MemoryImportsView.as_view(), name="memory-imports"),
    path("memory-imports/<uuid:import_id>/", MemoryImportView.as_view(), name="memory-import"),
    path("memory-imports/<uuid:import_id>/faults/", MemoryImportFaultsView.as_view(), name="memory-import-faults"),
    path("memory-imports/<uuid:import_id>/cancel/", CancelMemoryImportView.as_view(), name="memory-import-cancel"),
    path("memory-exports/", MemoryExportsView.as_view(), name="memory-exports"),
    path("memory-erasures/", MemoryErasuresView.as_view(), name="memory-erasures"),
    path("memory-erasures/<uuid:erasure_id>/", MemoryErasureView.as_view(), name="memory-erasure"),
    path("namespace-rules/", NamespaceRulesView.as_view(), name="namespace-rules"),
    path("namespace-rules/<uuid:rule_id>/", NamespaceRuleView.as_view(), name="namespace-rule"),
]
