"""`memories/search/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.roles import Right
from memory.limits import MOST_HITS
from memory.models import EmbeddingStatus, Trust
from memory.search.limits import FEWEST_TOKENS, MOST_EXPANDED, USUAL_HITS
from memory.search.read import read_request
from memory.search.recall import search
from memory.search.shown import HIT_FIELDS, shown_answer
from memory.search.types import Arm, Mode, Route
from registry.shaping.budget import MOST_TOKENS


class SearchRequestSerializer(serializers.Serializer[Any]):
    """For the schema. `memory/search/read.py` reads it, as for every other door."""

    query = serializers.CharField(required=False, help_text="A question, or words. Or give a `vector`.")
    vector = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        help_text="In place of the query's own, with as many numbers as the model in use has.",
    )
    mode = serializers.ChoiceField(choices=[(each.value, each.value) for each in Mode], default=Mode.HYBRID.value)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_HITS, default=USUAL_HITS)
    namespace = serializers.CharField(required=False, help_text="With all below it; left out: everywhere you may read.")
    tags = serializers.ListField(child=serializers.CharField(), required=False, help_text="A memory has all of them.")
    kind = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Any of these; one may stand without a list."
    )
    trust = serializers.ListField(
        child=serializers.ChoiceField(choices=Trust.choices), required=False, help_text="As `kind`."
    )
    end_user = serializers.CharField(required=False)
    where = serializers.DictField(
        required=False,
        help_text='Conditions on metadata: {"path", "op", "value"}, joined by `and`, `or`, `not`.',
    )
    valid_at = serializers.DateTimeField(required=False, help_text="Left out: now.")
    any_time = serializers.BooleanField(default=False, help_text="Those, too, that are not valid now.")
    expand_links = serializers.IntegerField(min_value=0, max_value=MOST_EXPANDED, default=0)
    max_tokens = serializers.IntegerField(
        min_value=FEWEST_TOKENS, max_value=MOST_TOKENS, required=False, help_text="The most that the hits may take."
    )
    fields = serializers.ListField(  # type: ignore[assignment]
        child=serializers.ChoiceField(choices=HIT_FIELDS), required=False, help_text="Left out: all."
    )
    explain = serializers.BooleanField(default=False)


class ScorePartSerializer(serializers.Serializer[Any]):
    list = serializers.ChoiceField(choices=[(each.value, each.value) for each in Arm])
    rank = serializers.IntegerField()
    value = serializers.FloatField(help_text="What the list is ordered by.")
    adds = serializers.FloatField(help_text="To the score.")
    via = serializers.UUIDField(required=False, help_text="The memory that the link leads on from.")


class HitSerializer(serializers.Serializer[Any]):
    """Of the memory, what `fields` selects."""

    id = serializers.UUIDField()
    namespace = serializers.CharField(required=False)
    kind = serializers.CharField(required=False)
    content = serializers.CharField(required=False)
    metadata = serializers.DictField(required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    source = serializers.CharField(required=False)  # type: ignore[assignment]
    trust = serializers.ChoiceField(choices=Trust.choices, required=False)
    end_user = serializers.CharField(required=False)
    valid_from = serializers.DateTimeField(required=False, allow_null=True)
    valid_to = serializers.DateTimeField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    version = serializers.IntegerField(required=False)
    embedding = serializers.ChoiceField(choices=EmbeddingStatus.choices, required=False)
    created_by = serializers.CharField(required=False)
    created_at = serializers.DateTimeField(required=False)
    updated_at = serializers.DateTimeField(required=False)
    redacted = serializers.BooleanField(required=False, help_text="There where parts of it were masked.")
    score = serializers.FloatField()
    similarity = serializers.FloatField(allow_null=True, help_text="1 less the cosine distance; null: found by words.")
    explanation = ScorePartSerializer(many=True, required=False)


class HowSerializer(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=[(each.value, each.value) for each in Mode])
    route = serializers.ChoiceField(choices=[(each.value, each.value) for each in Route])
    index = serializers.CharField(help_text="`own`, `shared`, or empty.")
    scanned = serializers.IntegerField(help_text="Vectors that were compared; by an index: candidates that it gave.")
    model = serializers.CharField()
    fell_back = serializers.BooleanField(help_text="The index gave too little, and all were compared.")
    degraded = serializers.CharField(help_text="Why less was done than was asked for; empty: all was done.")


class AnswerSerializer(serializers.Serializer[Any]):
    results = HitSerializer(many=True)
    how = HowSerializer()
    tokens = serializers.IntegerField(help_text="About what the results take of a model's context.")
    truncated = serializers.BooleanField(help_text="Results were left out, or the first one cut, for `max_tokens`.")


class SearchView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(operation_id="memories_search", request=SearchRequestSerializer, responses=AnswerSerializer)
    async def post(self, request: Request, caller: Caller) -> Response:
        """Find memories by meaning, by words, or by both. Nothing is changed."""
        asked = read_request(request.data)
        return Response(shown_answer(await search(caller=caller, request=asked), asked))
