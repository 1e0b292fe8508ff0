"""What is known when it is decided which indexes there should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from memory.models import IndexState, ModelState

PREFIX = "memory_vector_"
"""What the names of indexes that are made here begin with. One that is not wanted is removed."""

Owner = tuple[int, UUID | None]
"""A model, and the tenant whose vectors of it are meant; None: all tenants'."""


def name_of(owner: Owner) -> str:
    """The index's name in PostgreSQL."""
    model_id, tenant_id = owner
    return f"{PREFIX}{model_id}_{tenant_id.hex if tenant_id else 'shared'}"


@dataclass(frozen=True)
class Known:
    """A row of VectorIndex."""

    state: IndexState
    rows: int
    rows_built: int = 0
    bytes_built: int = 0
    age: timedelta = timedelta(0)
    """Since it was first wanted."""
    attempts: int = 0
    tried: timedelta = timedelta(0)
    """Since the last building began."""


@dataclass(frozen=True)
class Found:
    """An index that PostgreSQL has."""

    is_valid: bool
    bytes: int


@dataclass(frozen=True)
class Facts:
    models: Mapping[int, ModelState]
    vectors: Mapping[tuple[int, UUID], int]
    """How many are ready, of each model and tenant."""
    known: Mapping[Owner, Known]
    found: Mapping[str, Found]
    """By name: all that begin with PREFIX."""
