import pytest

from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from integrations.connections.expire import expire_connection
from integrations.connections.grant import CallGrant
from integrations.models import Connection
from tests.integrations.connections.conftest import Ask, now

pytestmark = pytest.mark.django_db(transaction=True)


def expired(tenant: Tenant, grant: CallGrant) -> bool:
    return expire_connection(tenant_id=tenant.id, grant=grant, actor="system:calls", reason="token revoked")


def test_it_expires_what_the_service_takes_no_more(acme: Tenant, chat: Connection, ask: Ask) -> None:
    assert expired(acme, ask(chat))
    assert (now(chat).state, now(chat).reason) == ("expired", "token revoked")
    with within(acme.id):
        assert AuditEntry.objects.get(action="connection.expired").actor == "system:calls"


def test_a_late_refusal_does_not_expire_what_was_renewed(acme: Tenant, chat: Connection, ask: Ask) -> None:
    late = ask(chat)
    ask(chat, refused=late)
    assert not expired(acme, late)
    assert now(chat).state == "active"


def test_it_expires_nothing_of_another_tenant(acme: Tenant, globex: Tenant, chat: Connection, ask: Ask) -> None:
    assert not expired(globex, ask(chat))
    assert now(chat).state == "active"
