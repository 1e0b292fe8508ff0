"""Texts whose vectors are known, and how near two vectors are."""

from collections.abc import Sequence

import pytest

from integrations.embedding.minilm.files import are_usable

needs_model = pytest.mark.skipif(not are_usable(), reason="requirements-models.lock is not installed here")


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    """1 for the same direction, of vectors of unit length."""
    return sum(a * b for a, b in zip(one, other, strict=True))
