from collections.abc import Callable
from typing import Any

import pytest

from accounts.errors import Conflict
from accounts.models import Tenant
from accounts.tenancy import within
from memory import inserting
from memory.inserting import digest_of, insert_once, key_of, there_with
from memory.models import Memory
from tests.memory.remembering import remember

pytestmark = pytest.mark.django_db


def draft(tenant: Tenant, content: str) -> Memory:
    usual = {"namespace": "default/", "trust": "agent", "created_by": "x"}
    return Memory(tenant=tenant, content=content, content_digest=digest_of(content), **usual)


def test_it_gives_for_each_the_one_that_is_there(acme: Tenant) -> None:
    old, same, new = remember(acme, "a"), draft(acme, "a"), draft(acme, "b")
    with within(acme.id):
        assert insert_once([new, same]) == {key_of(old): old, key_of(new): new}
        assert there_with([key_of(new), ("default/", b"none")]) == {key_of(new): new}
        assert Memory.objects.count() == 2


def test_it_tries_again_where_what_was_there_is_gone_when_it_looks(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Callable[[Any], Any]] = [inserting.there_with, lambda keys: {}]

    def look(keys: Any) -> Any:
        return looks.pop()(keys)

    old, same = remember(acme, "a"), draft(acme, "a")
    monkeypatch.setattr(inserting, "there_with", look)
    with within(acme.id):
        assert (insert_once([same]), looks) == ({key_of(old): old}, [])


def test_it_gives_up_where_that_goes_on(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    old = remember(acme, "a")
    monkeypatch.setattr(inserting, "there_with", lambda keys: {})
    with pytest.raises(Conflict, match="Try again"), within(acme.id):
        insert_once([draft(acme, "a")])
    with within(acme.id):
        assert list(Memory.objects.all()) == [old]
