from datetime import UTC, datetime
from uuid import UUID

import pytest

from accounts.errors import Invalid
from memory.models import Memory
from memory.shown import FIELDS, read_fields, shown

ID = UUID("01931f2e-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 30, 14, 5, 0, 250_000, tzinfo=UTC)


def memory(**more: object) -> Memory:
    usual = {"id": ID, "namespace": "a/", "content": "Ada likes tea.", "trust": "agent", "tags": ["x"]}
    return Memory(**{**usual, "created_by": "agent:1", "created_at": AT, "updated_at": AT, "version": 3, **more})


def test_it_shows_all_of_it() -> None:
    assert shown(memory(expires_at=AT), embedding="ready") == {
        "id": str(ID),
        "namespace": "a/",
        "kind": "fact",
        "content": "Ada likes tea.",
        "metadata": {},
        "tags": ["x"],
        "source": "",
        "trust": "agent",
        "end_user": "",
        "valid_from": None,
        "valid_to": None,
        "expires_at": "2026-11-30T14:05:00.250000Z",
        "version": 3,
        "embedding": "ready",
        "created_by": "agent:1",
        "created_at": "2026-11-30T14:05:00.250000Z",
        "updated_at": "2026-11-30T14:05:00.250000Z",
    }


def test_it_shows_what_was_asked_for_and_the_id() -> None:
    assert shown(memory(), embedding="ready", fields={"content"}) == {"id": str(ID), "content": "Ada likes tea."}
    assert shown(memory(), embedding="ready", fields=["embedding"]) == {"id": str(ID), "embedding": "ready"}


def test_it_says_that_something_was_masked_in_this_write() -> None:
    masked = memory()
    masked.is_redacted = True
    assert shown(masked, embedding="ready", fields=()) == {"id": str(ID), "redacted": True}


def test_it_says_when_and_by_whom_it_was_deleted() -> None:
    told = shown(memory(deleted_at=AT, deleted_by="person:1"), embedding="pending", fields=())
    assert told == {"id": str(ID), "deleted_at": "2026-11-30T14:05:00.250000Z", "deleted_by": "person:1"}


def test_it_knows_its_fields() -> None:
    assert read_fields(["id", "content"]) == {"id", "content"}
    assert set(shown(memory(), embedding="ready")) == FIELDS
    with pytest.raises(Invalid) as refused:
        read_fields(["words", "id", "vector"])
    assert [fault.message.partition("`.")[0] for fault in refused.value.faults] == [
        *("There is no field `vector", "There is no field `words"),
    ]
