"""The embedders by name, and the one that the operator chose."""

from integrations.embedding.base import Embedder
from integrations.embedding.lexical_hash import LexicalHash


def embedder_named(model_id: str) -> Embedder | None:
    """The one whose vectors carry this id, or None where this installation cannot make such vectors any more."""
    return next((each for each in (LexicalHash(),) if each.facts.id == model_id), None)


def chosen_embedder() -> Embedder:
    """What EMBEDDER names."""
    return LexicalHash()
