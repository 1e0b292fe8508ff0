"""How well search finds what was kept: a labelled set of memories and questions, and the measures over it."""

from benchmarks.retrieval.compare import main

__all__ = ["main"]
