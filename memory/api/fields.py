"""How memories look on the wire, for the schema: `memory/shown.py` shows them, `memory/content.py` reads them."""

from typing import Any

from rest_framework import serializers

from accounts.api.queries import QuerySerializer
from accounts.api.serializers import TimeField
from memory.answers.reading import LONGEST_WAIT_MS, USUAL_WAIT_MS
from memory.limits import (
    LONGEST_END_USER,
    LONGEST_KIND,
    LONGEST_LINK_TYPE,
    LONGEST_SOURCE,
    LONGEST_TAG,
    MOST_AT_ONCE,
    MOST_TAGS,
)
from memory.models import Change, EmbeddingStatus, Trust


class TagsField(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=LONGEST_TAG), max_length=MOST_TAGS, **options)


class MemoryFactsSerializer(serializers.Serializer[Any]):
    """What somebody may say of a memory. All of it may be left out but the content of a new one."""

    content = serializers.CharField(required=False, help_text="What is to be remembered, as text.")
    namespace = serializers.CharField(
        required=False, help_text="A path, such as `projects/apollo`; `default` if left out."
    )
    kind = serializers.CharField(max_length=LONGEST_KIND, required=False, help_text="A word of yours; `fact`.")
    metadata = serializers.DictField(required=False, help_text="What you like; searches can ask for it.")
    tags = TagsField(required=False)
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=LONGEST_SOURCE, required=False, help_text="Where it comes from, in your words."
    )
    trust = serializers.ChoiceField(
        choices=Trust.choices, required=False, help_text="Agents give `agent` or `untrusted`; people `trusted`, too."
    )
    end_user = serializers.CharField(
        max_length=LONGEST_END_USER, required=False, help_text="Whom it is about, as you name them."
    )
    valid_from = serializers.DateTimeField(required=False, allow_null=True, help_text="When it began to be so.")
    valid_to = serializers.DateTimeField(required=False, allow_null=True, help_text="When it ceased to be so.")
    expires_at = serializers.DateTimeField(required=False, allow_null=True, help_text="From then on nobody finds it.")
    vector = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        help_text="Its vector, where you have it: as many numbers as the model in use makes.",
    )


class MemoryWaitSerializer(serializers.Serializer[Any]):
    wait_ms = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_WAIT_MS,
        default=USUAL_WAIT_MS,
        help_text="How long to wait for the vector, before the answer says that it is `pending`.",
    )


class MemoryChangesSerializer(MemoryFactsSerializer, MemoryWaitSerializer):
    pass


class NewMemoriesSerializer(MemoryChangesSerializer):
    """One memory's facts; or `memories` in place of them."""

    memories = MemoryFactsSerializer(many=True, required=False, help_text=f"1 to {MOST_AT_ONCE}, in place of one.")
    atomic = serializers.BooleanField(default=False, help_text="With `memories`: all of them, or none.")


class MemorySerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    namespace = serializers.CharField()
    kind = serializers.CharField()
    content = serializers.CharField()
    metadata = serializers.DictField()
    tags = serializers.ListField(child=serializers.CharField())
    source = serializers.CharField()  # type: ignore[assignment]
    trust = serializers.ChoiceField(choices=Trust.choices)
    end_user = serializers.CharField()
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_to = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Every change raises it; the `ETag` says it, too.")
    embedding = serializers.ChoiceField(choices=EmbeddingStatus.choices, help_text="How far its vector is.")
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    redacted = serializers.BooleanField(
        required=False, help_text="True in the answer to a write of which something was masked."
    )
    deleted_at = serializers.DateTimeField(required=False, help_text="Of deleted ones alone.")
    deleted_by = serializers.CharField(required=False)


class CreatedMemorySerializer(MemorySerializer):
    created = serializers.BooleanField(help_text="False: the namespace held this content already. It is unchanged.")


class MemoryOutcomeSerializer(serializers.Serializer[Any]):
    status = serializers.IntegerField(help_text="As if it had been sent alone: 201, 200, 403, 422, 429.")
    memory = CreatedMemorySerializer(required=False)
    problem = serializers.DictField(required=False, help_text="A problem document.")


class MemoryCreatedSerializer(CreatedMemorySerializer):
    """The memory; or, where many were sent, `outcomes` alone."""

    outcomes = MemoryOutcomeSerializer(many=True, required=False, help_text="In the order of `memories`.")


class MemoryFilterSerializer(serializers.Serializer[Any]):
    """All that is named holds at once."""

    namespace = serializers.CharField(required=False, help_text="With all below it.")
    kind = serializers.CharField(required=False)
    tags = TagsField(required=False, help_text="A memory has all of them.")
    trust = serializers.ChoiceField(choices=Trust.choices, required=False)
    end_user = serializers.CharField(required=False)
    valid_at = serializers.DateTimeField(required=False)
    where = serializers.DictField(required=False, help_text="Conditions on metadata, as searches take them.")


class MemoryPurgeFilterSerializer(MemoryFilterSerializer):
    deleted_before = serializers.DateTimeField(required=False)


class MemoryDeleteManySerializer(serializers.Serializer[Any]):
    filter = MemoryFilterSerializer(help_text="A namespace alone is one: all of it goes.")
    dry_run = serializers.BooleanField(default=False, help_text="Say how many, and leave them.")


class MemoryPurgeManySerializer(MemoryDeleteManySerializer):
    filter = MemoryPurgeFilterSerializer()


class MemoryCountedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="False: there are more than one request takes. Ask again.")
    dry_run = serializers.BooleanField()


class MemoryDeletedSerializer(MemoryCountedSerializer):
    deletion = serializers.UUIDField(allow_null=True, help_text="What undoes it: `POST memories/restore/`.")


class MemoryRestoreManySerializer(serializers.Serializer[Any]):
    deletion = serializers.UUIDField()


class MemoryRestoredSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    left = serializers.IntegerField(
        help_text="How many stay deleted: they have expired, or their namespace holds the same again."
    )


class MemoryVersionSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    facts = serializers.DictField(help_text="What it said; empty where the change left that alone.")
    change = serializers.ChoiceField(choices=Change.choices, help_text="What ended this version.")
    changed_by = serializers.CharField()
    changed_at = serializers.DateTimeField()


class MemoryNeighbourSerializer(serializers.Serializer[Any]):
    memory = MemorySerializer()
    hops = serializers.IntegerField()
    weight = serializers.FloatField(help_text="Of the links on the best way there, multiplied.")
    path = serializers.ListField(child=serializers.UUIDField(), help_text="The memories on that way.")


class MemoryNeighboursSerializer(serializers.Serializer[Any]):
    results = MemoryNeighbourSerializer(many=True)


class MemoryLinkEndsSerializer(serializers.Serializer[Any]):
    to = serializers.UUIDField(help_text="The memory that it points to.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets a class have."""
        return {"from": serializers.UUIDField(help_text="The memory that it points from."), **super().get_fields()}


class NewMemoryLinkSerializer(MemoryLinkEndsSerializer):
    type = serializers.CharField(max_length=LONGEST_LINK_TYPE, help_text="A word of yours: `about`, `caused_by`.")
    weight = serializers.FloatField(default=1.0, help_text="How strong it is: from 0.000001 to 1.")
    metadata = serializers.DictField(required=False)


class MemoryLinkSerializer(MemoryLinkEndsSerializer):
    id = serializers.UUIDField()
    type = serializers.CharField()
    weight = serializers.FloatField()
    metadata = serializers.DictField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class MemoryNamespaceSerializer(serializers.Serializer[Any]):
    namespace = serializers.CharField()
    count = serializers.IntegerField(help_text="Of it and all below it; under `under` itself, what lies in it alone.")


class ShownQuery(QuerySerializer):
    fields = serializers.CharField(  # type: ignore[assignment]
        max_length=1000, required=False, help_text="Only these, with commas between: `content,tags`."
    )
    deleted = serializers.BooleanField(required=False, help_text="Deleted ones, in place of those that are there.")


class FilterQuery(ShownQuery):
    namespace = serializers.CharField(max_length=1000, required=False, help_text="With all below it.")
    kind = serializers.CharField(max_length=LONGEST_KIND, required=False)
    tags = serializers.CharField(max_length=3000, required=False, help_text="All of these, with commas between.")
    trust = serializers.ChoiceField(choices=Trust.choices, required=False)
    end_user = serializers.CharField(max_length=LONGEST_END_USER, required=False)
    valid_at = TimeField(required=False, help_text="Those whose time it was.")
    where = serializers.CharField(
        max_length=10_000, required=False, help_text='JSON: `{"path": "customer.tier", "op": "eq", "value": "gold"}`.'
    )
