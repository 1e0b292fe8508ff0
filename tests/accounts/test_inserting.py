import pytest
from django.db import IntegrityError, connection
from django.db.models import Value
from django.db.models.functions import Upper

from accounts import audit
from accounts.inserting import insert_together
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within


def an_agent(tenant: Tenant, slug: str) -> Agent:
    return Agent(tenant=tenant, slug=slug)


def an_entry(tenant: Tenant) -> AuditEntry:
    return audit.entry(tenant_id=tenant.id, actor="system:tests", action="agent.created", subject="agent:1")


@pytest.mark.django_db(transaction=True)
def test_it_writes_all_rows(acme: Tenant) -> None:
    insert_together(acme.id, an_agent(acme, "one"), an_agent(acme, "two"), an_entry(acme))
    with within(acme.id):
        assert list(Agent.objects.values_list("slug", flat=True)) == ["one", "two"]
        assert AuditEntry.objects.filter(subject="agent:1").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_writes_all_or_nothing(acme: Tenant) -> None:
    with pytest.raises(IntegrityError):
        insert_together(acme.id, an_entry(acme), an_agent(acme, "one"), an_agent(acme, "one"))
    with within(acme.id):
        assert Agent.objects.count() == 0
        assert AuditEntry.objects.filter(subject="agent:1").count() == 0


@pytest.mark.django_db(transaction=True)
def test_it_writes_into_no_other_tenant(acme: Tenant, globex: Tenant) -> None:
    with pytest.raises(Exception, match="row-level security"):
        insert_together(acme.id, an_agent(globex, "one"))
    with within(globex.id):
        assert Agent.objects.count() == 0


@pytest.mark.django_db
def test_it_leaves_a_longer_transaction_its_scope(acme: Tenant, globex: Tenant) -> None:
    with within(globex.id):
        insert_together(acme.id, an_agent(acme, "one"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_agent")
            assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_it_writes_what_the_database_works_out(acme: Tenant) -> None:
    loud = an_agent(acme, "one")
    loud.name = Upper(Value("Scout's"))
    insert_together(acme.id, an_entry(acme), loud, an_agent(acme, "two"))
    with within(acme.id):
        assert list(Agent.objects.values_list("name", flat=True)) == ["SCOUT'S", ""]
