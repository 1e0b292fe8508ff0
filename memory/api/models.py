"""`memory-models/`: which models there are vectors of, and how far a new one is. Wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page_of, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.embedding.progress import progress_of
from memory.models import EmbeddingModel, ModelState


class MemoryModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    dimensions = serializers.IntegerField(help_text="So many numbers has a vector.")
    state = serializers.ChoiceField(
        choices=ModelState.choices,
        help_text="`active`: searches use it. `building`: memories are getting its vectors. `retired`: its vectors go.",
    )
    share = serializers.FloatField(help_text="0 to 1: how many memories have their vector of it, or never will.")
    seconds_left = serializers.FloatField(allow_null=True, help_text="Of one that is being built, if it can be told.")
    activated_at = serializers.DateTimeField(allow_null=True)


class MemoryModelsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(MemoryModelSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The models that the installation has vectors of. Whoever runs it changes them."""
        models = list(EmbeddingModel.objects.all())
        return page_of(models, represent_model, request=request, query=self.query)


def represent_model(model: EmbeddingModel) -> dict[str, Any]:
    """Shares, not numbers: how much others remember is nobody's business."""
    progress = progress_of(model)
    return {
        "name": model.name,
        "dimensions": model.dimensions,
        "state": str(model.state),
        "share": round(progress.share, 4),
        "seconds_left": None if progress.seconds_left is None else round(progress.seconds_left, 1),
        "activated_at": model.activated_at,
    }
