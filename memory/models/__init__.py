from memory.models.answered import AnsweredRequest
from memory.models.count import MemoryCount
from memory.models.embedding import EmbeddingModel, EmbeddingStatus, MemoryEmbedding, ModelState
from memory.models.link import MemoryLink
from memory.models.memory import Memory, Trust
from memory.models.namespace_rule import Access, NamespaceRule
from memory.models.recall_sample import RecallSample
from memory.models.vector_index import IndexState, VectorIndex
from memory.models.version import Change, MemoryVersion

__all__ = [
    "Access",
    "AnsweredRequest",
    "Change",
    "EmbeddingModel",
    "EmbeddingStatus",
    "IndexState",
    "Memory",
    "MemoryCount",
    "MemoryEmbedding",
    "MemoryLink",
    "MemoryVersion",
    "ModelState",
    "NamespaceRule",
    "RecallSample",
    "Trust",
    "VectorIndex",
]
