"""How far a model is, for pages and the API."""

from dataclasses import dataclass

from django.db.models import Q, Sum

from accounts.tenancy import platform
from memory.models import EmbeddingModel, MemoryCount, MemoryEmbedding, ModelState


@dataclass(frozen=True)
class Progress:
    """Of all tenants."""

    total: int
    """Memories that are not deleted."""
    done: int
    """Vectors of the model that are ready."""
    failed: int
    """Texts that were refused for good."""
    per_second: float | None
    """How fast it went of late; None: it has not begun, or is not being built."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, (self.done + self.failed) / self.total) if self.total else 1.0

    @property
    def seconds_left(self) -> float | None:
        """None: it cannot be told."""
        if not self.per_second:
            return None
        return max(self.total - self.done - self.failed, 0) / self.per_second


def progress_of(model: EmbeddingModel) -> Progress:
    """Two queries, of numbers that are kept."""
    with platform():
        numbers = MemoryCount.objects.aggregate(
            total=Sum("number", filter=Q(model=None), default=0),
            done=Sum("number", filter=Q(model=model), default=0),
        )
        failed = MemoryEmbedding.objects.failed().filter(model=model).count()
    speed = model.per_second if model.state == ModelState.BUILDING else None
    return Progress(max(numbers["total"], 0), max(numbers["done"], 0), failed, speed)
