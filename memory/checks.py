"""What makes searches find less than they could, said at start with an id and a hint."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from accounts.tenancy import platform
from integrations.embedding.lexical_hash import MODEL_ID as FALLBACK
from integrations.embedding.shelf import chosen_embedder, embedder_named
from memory.embedding.active import active_model
from memory.embedding.models import building_model
from memory.embedding.progress import progress_of
from memory.models import EmbeddingModel, MemoryEmbedding

BEGIN = "`manage.py memory reembed` begins it, `manage.py memory models` says how far it is."


def register() -> None:
    checks.register(check_embedding_models, checks.Tags.database)


def check_embedding_models(*, databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Whether memories are found by the model that was chosen, and all of them. Only reads."""
    try:
        active = active_model() if "default" in (databases or ()) and _is_migrated() else None
        return [*_judge_choice(active), *_judge_active(active), *_judge_failed(active)] if active else []
    except (DatabaseError, ImproperlyConfigured):
        return []  # config.E001 says so, or whoever checks the setting


def _is_migrated() -> bool:
    """With the newest tables, or there is nothing to look at yet."""
    with connections["default"].cursor() as cursor:
        introspection = connections["default"].introspection
        if EmbeddingModel._meta.db_table not in introspection.table_names(cursor):
            return False
        found = {column.name for column in introspection.get_table_description(cursor, EmbeddingModel._meta.db_table)}
    return found >= {field.column for field in EmbeddingModel._meta.concrete_fields}


def _judge_choice(active: EmbeddingModel) -> Iterator[checks.CheckMessage]:
    chosen = chosen_embedder().facts.id
    if chosen == active.name:
        return
    building = building_model()
    said = f"EMBEDDER names `{chosen}`, and memories are found by vectors of `{active.name}`."
    if building is not None and building.name == chosen:
        said += f" They are getting the new ones: {progress_of(building).share:.0%}."
    yield checks.Warning(
        said, hint=f"Workers do that by themselves, unless it was cancelled. {BEGIN}", id="memory.W001"
    )


def _judge_active(active: EmbeddingModel) -> Iterator[checks.CheckMessage]:
    if active.name == FALLBACK and settings.EMBEDDER != FALLBACK:
        said = f"Memories are found by vectors of `{FALLBACK}`: by the words that they share, not by what they mean."
        yield checks.Warning(said, hint="Install the model, or name another embedder with EMBEDDER.", id="memory.W002")
    if embedder_named(active.name) is None:
        said = (
            f"Memories are found by vectors of `{active.name}`, and these settings cannot make such vectors any more."
        )
        hint = (
            "Put the settings of that embedder back until another model has taken over; until then, words are searched."
        )
        yield checks.Warning(said, hint=hint, id="memory.W003")


def _judge_failed(active: EmbeddingModel) -> Iterator[checks.CheckMessage]:
    with platform():
        number = MemoryEmbedding.objects.failed().filter(model=active).count()
    if number:
        said = f"{number:,} memories have no vector, because the embedder refused their texts."
        hint = "The log of the worker says why. `manage.py memory reembed --failed` has it try them again."
        yield checks.Warning(said, hint=hint, id="memory.W004")
