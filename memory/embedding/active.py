"""Which model's vectors there are: what searches read, and what writes get.

A write asks for the models under a lock that it shares with other writes; who changes the models takes it alone, and
so waits for the writes that had read the old ones. From then on every write knows of the change: a model that is being
built misses none, and of a model that was retired no new vector comes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from integrations.embedding.shelf import chosen_embedder
from memory.errors import ModelsBusy
from memory.models import EmbeddingModel, ModelState

WRITES_WAIT = "1s"
"""How long a change of the models waits for the writes that run, and writes that come meanwhile wait for it."""
_LOCK = 0x6D656D_6D6F6465  # "mem", "mode": no other advisory lock of the product has this number


def active_model() -> EmbeddingModel | None:
    """The one that searches use, or None before the first write. Read it in the transaction that compares vectors."""
    return EmbeddingModel.objects.filter(state=ModelState.ACTIVE).first()


def ensure_model() -> EmbeddingModel:
    """The active one; the first one is what EMBEDDER names. Two that make it at once get the same."""
    found = active_model()
    if found is not None:
        return found
    facts = chosen_embedder().facts
    first = EmbeddingModel(
        name=facts.id, dimensions=facts.dimensions, state=ModelState.ACTIVE, activated_at=timezone.now()
    )
    # One that another transaction has just made is waited for, and then is there to be read.
    EmbeddingModel.objects.bulk_create([first], ignore_conflicts=True)
    return EmbeddingModel.objects.get(state=ModelState.ACTIVE)


def models_to_write() -> list[EmbeddingModel]:
    """Those that a write needs vectors of: the active one first, and one that is being built.

    Call it in the write's transaction: until that ends, nobody changes the models.
    """
    with connection.cursor() as cursor:
        # A statement of its own: one that waited would still read what there was before.
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])
    # By their words: active, building.
    found = list(EmbeddingModel.objects.exclude(state=ModelState.RETIRED).order_by("state"))
    return found if found and found[0].state == ModelState.ACTIVE else [ensure_model(), *found]


@contextmanager
def changing_models() -> Iterator[None]:
    """A transaction in which no write runs that has read the models. Raises ModelsBusy when writes take too long."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WRITES_WAIT])
            try:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            except OperationalError as error:
                if isinstance(error.__cause__, LockNotAvailable):
                    raise ModelsBusy() from error
                raise
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
        yield
