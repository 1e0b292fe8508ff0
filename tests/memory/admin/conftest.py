"""What the tests of vectors choose from: a fake, in place of a model of megabytes."""

from tests.memory.embedding.conftest import embedder, nobody_rests, shelf

__all__ = ["embedder", "nobody_rests", "shelf"]
