"""Every kind of column that memories have goes in as Django would have put it."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Tenant
from accounts.tenancy import within
from memory.inserting import digest_of
from memory.models import Memory, MemoryEmbedding
from memory.rows import insert_rows
from tests.memory.remembering import make_model, remember

pytestmark = pytest.mark.django_db


def unsaved(tenant: Tenant, content: str, **facts: object) -> Memory:
    put = {"namespace": "default/", "trust": "trusted", "created_by": "system:x", "content_digest": digest_of(content)}
    return Memory(tenant_id=tenant.id, content=content, **{**put, **facts})


def test_it_writes_every_kind_of_value_as_it_is(acme: Tenant) -> None:
    at = datetime(2026, 1, 31, 12, 30, 15, 123456, tzinfo=UTC)
    given = unsaved(
        acme,
        'quotes " \\ \\x00 {} , é 🎈\n\t',
        metadata={"a": [1, 2.5, None, True], "b": {"c": 'x"y'}, "n": 10**30},
        tags=["one", 'two "x", {y}', "NULL", "ü"],
        valid_from=at,
        end_user="",
    )
    with within(acme.id):
        assert insert_rows(Memory, [given]) == {given.id}
        found = Memory.objects.get(id=given.id)
        assert (found.content, found.metadata, found.tags) == (given.content, given.metadata, given.tags)
        assert (found.valid_from, found.valid_to, found.end_user) == (at, None, "")
        assert bytes(found.content_digest) == digest_of(given.content)
        assert (found.version, found.deleted_at, found.created_at) == (1, None, given.created_at)


def test_it_leaves_out_what_is_there_already(acme: Tenant) -> None:
    remember(acme, "there")
    there, new = unsaved(acme, "there"), unsaved(acme, "new")
    with within(acme.id):
        assert insert_rows(Memory, [there, new]) == {new.id}
        assert Memory.objects.count() == 2


def test_it_writes_many_with_one_statement(acme: Tenant) -> None:
    with within(acme.id), CaptureQueriesContext(connection) as queries:
        insert_rows(Memory, [unsaved(acme, f"memory {number}") for number in range(50)])
        assert len(queries) == 1
        assert insert_rows(Memory, []) == set()
        assert len(queries) == 1


def test_it_writes_keys_that_postgresql_makes_and_vectors(acme: Tenant) -> None:
    model, memory = make_model(), remember(acme, "one")
    with within(acme.id):
        MemoryEmbedding.objects.all().delete()
        row = MemoryEmbedding(
            tenant_id=acme.id,
            memory=memory,
            model=model,
            namespace="default/",
            kind="fact",
            status="ready",
            vector=[0.5, 0, -1],
        )
        (key,) = insert_rows(MemoryEmbedding, [row])
        assert list(MemoryEmbedding.objects.get(id=key).vector or ()) == [0.5, 0.0, -1.0]


def test_it_does_not_cut_what_is_too_long(acme: Tenant) -> None:
    with within(acme.id):
        with pytest.raises(DataError), transaction.atomic():
            insert_rows(Memory, [unsaved(acme, "one", kind="k" * 33)])
        assert not Memory.objects.exists()


def test_it_writes_nothing_of_another_tenant(acme: Tenant, globex: Tenant) -> None:
    with within(acme.id), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        insert_rows(Memory, [unsaved(globex, "theirs")])
    with within(globex.id):
        assert not Memory.objects.exists()
