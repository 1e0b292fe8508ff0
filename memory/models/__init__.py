from memory.models.answered import AnsweredRequest
from memory.models.bulk import UNENDED, BulkStatus
from memory.models.count import MemoryCount
from memory.models.embedding import EmbeddingModel, EmbeddingStatus, MemoryEmbedding, ModelState
from memory.models.link import MemoryLink
from memory.models.memory import Memory, Trust
from memory.models.memory_erasure import Erased, MemoryErasure
from memory.models.memory_import import ImportFault, MemoryImport
from memory.models.namespace_rule import Access, NamespaceRule
from memory.models.recall_sample import RecallSample
from memory.models.vector_index import IndexState, VectorIndex
from memory.models.version import Change, MemoryVersion

__all__ = [
    "UNENDED",
    "Access",
    "AnsweredRequest",
    "BulkStatus",
    "Change",
    "EmbeddingModel",
    "EmbeddingStatus",
    "Erased",
    "ImportFault",
    "IndexState",
    "Memory",
    "MemoryCount",
    "MemoryEmbedding",
    "MemoryErasure",
    "MemoryImport",
    "MemoryLink",
    "MemoryVersion",
    "ModelState",
    "NamespaceRule",
    "RecallSample",
    "Trust",
    "VectorIndex",
]
