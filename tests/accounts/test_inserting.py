import asyncio
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import DataError, IntegrityError, ProgrammingError, connection, models
from django.db.models import Value
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext, isolate_apps

from accounts import audit
from accounts.ids import new_id
from accounts.inserting import insert_parties, insert_together, insert_unless_there, insert_with_others
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


@pytest.mark.django_db(transaction=True)
def test_it_costs_one_statement(acme: Tenant) -> None:
    with CaptureQueriesContext(connection) as asked:
        insert_together(acme.id, an_agent(acme, "one"), an_entry(acme))
    assert [query["sql"].split()[0] for query in asked] == ["WITH"]


@pytest.mark.django_db(transaction=True)
def test_it_costs_one_trip_for_many_parties(acme: Tenant, globex: Tenant) -> None:
    parties = [(tenant.id, (an_agent(tenant, slug),)) for tenant in (acme, globex) for slug in ("one", "two")]
    with CaptureQueriesContext(connection) as asked:
        assert insert_parties(parties) == [None] * 4
    assert [query["sql"].split(": ")[0] for query in asked] == ["4 times"]
    for tenant in (acme, globex):
        with within(tenant.id):
            assert list(Agent.objects.values_list("slug", flat=True)) == ["one", "two"]


@pytest.mark.django_db(transaction=True)
def test_a_party_that_cannot_be_written_keeps_no_other_from_it(acme: Tenant, globex: Tenant) -> None:
    good, twice, foreign, long = (an_agent(acme, slug) for slug in ("good", "good", "foreign", "x" * 65))
    told = insert_parties([(acme.id, (good,)), (acme.id, (twice,)), (globex.id, (foreign,)), (acme.id, (long,))])
    assert told[0] is None
    assert [type(each) for each in told[1:]] == [IntegrityError, ProgrammingError, DataError]
    with within(acme.id):
        assert list(Agent.objects.values_list("slug", flat=True)) == ["good"]


@pytest.mark.django_db(transaction=True)
def test_it_raises_to_whoever_wrote_what_cannot_be(acme: Tenant) -> None:
    async def write() -> list[BaseException | None]:
        rows = [an_agent(acme, slug) for slug in ("one", "two", "one")]
        return list(await asyncio.gather(*(insert_with_others(acme.id, row) for row in rows), return_exceptions=True))

    assert [type(each) for each in asyncio.run(write())] == [type(None), type(None), IntegrityError]
    with within(acme.id):
        assert list(Agent.objects.values_list("slug", flat=True)) == ["one", "two"]


@pytest.mark.django_db(transaction=True)
def test_it_prepares_its_statement_once(acme: Tenant) -> None:
    insert_together(acme.id, an_agent(acme, "one"))
    prepared = prepared_statements()
    assert any("accounts_agent" in statement for statement in prepared)
    insert_together(acme.id, an_agent(acme, "two"))
    insert_parties([(acme.id, (an_agent(acme, slug),)) for slug in ("three", "four")])
    assert prepared_statements() == prepared


def prepared_statements() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY 1")
        return [statement for (statement,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_it_leaves_out_what_is_there_already(acme: Tenant, globex: Tenant) -> None:
    """Whosever rows come in one go: each is written, or not, for itself."""
    assert insert_unless_there([an_agent(acme, "one")]) == [True]
    again = [an_agent(acme, "one"), an_agent(globex, "one"), an_agent(acme, "two"), an_agent(acme, "two")]
    assert insert_unless_there(again) == [False, True, True, False]
    assert insert_unless_there([]) == []
    with within(acme.id):
        assert list(Agent.objects.values_list("slug", flat=True)) == ["one", "two"]


@pytest.mark.django_db(transaction=True)
def test_it_writes_the_others_where_one_cannot_be(acme: Tenant) -> None:
    spoilt, good = an_agent(acme, "x" * 100), an_agent(acme, "one")
    refused, written = insert_unless_there([spoilt, good])
    assert isinstance(refused, DataError)
    assert written is True


@pytest.fixture
def leaflet() -> Iterator[type[Any]]:
    """A model with a column that the database works out, and one of short texts."""
    with isolate_apps("accounts"):

        class Leaflet(models.Model):
            id = models.UUIDField(primary_key=True, default=new_id)
            tenant_id = models.UUIDField()
            text = models.TextField()
            words = models.GeneratedField(
                expression=SearchVector("text", config="simple"), output_field=SearchVectorField(), db_persist=True
            )
            tags = ArrayField(models.CharField(max_length=10))

            class Meta:
                app_label = "accounts"
                db_table = "leaflet"

    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE leaflet (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, text text NOT NULL, words tsvector"
            " GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED, tags varchar(10)[] NOT NULL)"
        )
        yield Leaflet
        owner.execute("DROP TABLE leaflet")


@pytest.mark.django_db(transaction=True)
def test_it_leaves_to_the_database_what_that_works_out(acme: Tenant, leaflet: type[Any]) -> None:
    first, second = (leaflet(tenant_id=acme.id, text=text, tags=["a", "b"]) for text in ("plum jam", "plum tart"))
    insert_together(acme.id, first)
    assert insert_unless_there([second, first]) == [True, False]
    rows = leaflet.objects.order_by("text").values_list("text", "words", "tags")
    assert list(rows) == [("plum jam", "'jam':2 'plum':1", ["a", "b"]), ("plum tart", "'plum':1 'tart':2", ["a", "b"])]


@pytest.mark.django_db(transaction=True)
def test_it_cuts_no_text_of_a_list(acme: Tenant, leaflet: type[Any]) -> None:
    with pytest.raises(DataError, match="too long"):
        insert_together(acme.id, leaflet(tenant_id=acme.id, text="plum", tags=["x" * 11]))
    assert not leaflet.objects.exists()
