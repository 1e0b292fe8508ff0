from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from memory.expire import put_away
from memory.models import Memory, MemoryEmbedding
from tests.memory.remembering import make_model, remember, seen_now

pytestmark = pytest.mark.django_db


def ending(tenant: Tenant, content: str, seconds: float) -> UUID:
    memory = remember(tenant, content)
    with within(tenant.id):
        Memory.objects.filter(id=memory.id).update(expires_at=timezone.now() + timedelta(seconds=seconds))
    return memory.id


def test_it_puts_away_what_has_expired_and_nothing_else(acme: Tenant, globex: Tenant) -> None:
    make_model()
    expired, lasting, others = ending(acme, "a", -1), ending(acme, "b", 60), ending(globex, "c", -1)
    endless = remember(acme, "d").id
    ids = [expired, lasting, others, endless]
    with within(acme.id):
        assert (put_away(ids), put_away(ids)) == (1, 0)
        assert {row.memory_id for row in MemoryEmbedding.objects.all()} == {lasting, endless}
    put = seen_now(acme, expired)
    assert (put.deleted_by, put.version, put.content) == ("system:expiry", 2, "a")
    assert (seen_now(acme, lasting).deleted_at, seen_now(globex, others).deleted_at) == (None, None)
