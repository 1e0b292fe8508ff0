"""Which functions may not leak: without their word no index serves a search under row-level security."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections

from accounts.checks import LEAKPROOF, check_indexes_serve
from accounts.models import Tenant
from accounts.rls import protect
from accounts.tenancy import within
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)

SET_UP = Path(__file__).resolve().parents[2] / "deploy" / "postgres-init.sql"
CONDITIONS = {
    "arraycontains": "tags @> ARRAY['tag-7']",
    "arrayoverlap": "tags && ARRAY['tag-7', 'tag-8']",
    "jsonb_contains": """facts @> '{"number": 7}'""",
    "jsonb_exists": "facts ? 'key-7'",
    "ts_match_vq": "words @@ plainto_tsquery('simple', 'word7')",
}


@contextmanager
def leaking(servers: Servers, *names: str) -> Iterator[None]:
    """The database as it is where no superuser has set it up."""
    with servers.connect_as_superuser() as superuser:
        for name in names:
            superuser.execute(f"ALTER FUNCTION {name} NOT LEAKPROOF")
        try:
            yield
        finally:
            for name in names:
                superuser.execute(f"ALTER FUNCTION {name} LEAKPROOF")


@pytest.fixture
def leaflets(acme: Tenant) -> Iterator[None]:
    """A table as our migrations make them, with 2,000 rows of acme and an index of each kind."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE leaflet (tenant_id uuid, tags text[], facts jsonb, words tsvector)")
        try:
            for column in ("tags", "facts", "words"):
                owner.execute(f"CREATE INDEX ON leaflet USING gin ({column})")
            for statement in protect("leaflet").sql:
                owner.execute(str(statement))
            owner.execute("SELECT set_config('qm.tenant', '*', false)")
            owner.execute(
                "INSERT INTO leaflet SELECT %s, ARRAY['tag-' || n], jsonb_build_object('number', n, 'key-' || n, true),"
                " to_tsvector('simple', 'word' || n) FROM generate_series(1, 2000) AS n",
                [acme.id],
            )
            owner.execute("ANALYZE leaflet")
            yield
        finally:
            owner.execute("DROP TABLE leaflet")


def plan_of(tenant: Tenant, condition: str) -> str:
    """With an index wherever one can be used, however small the table is."""
    with within(tenant.id), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT * FROM leaflet WHERE {condition}")
        return "\n".join(line for (line,) in cursor.fetchall())


def test_it_knows_what_the_set_up_says() -> None:
    assert tuple(sorted(re.findall(r"ALTER FUNCTION (\w+)\(", SET_UP.read_text()))) == LEAKPROOF


def test_it_is_content_with_a_database_that_was_set_up() -> None:
    assert check_indexes_serve(databases=["default", "owner"]) == []


def test_it_says_which_indexes_cannot_be_used(servers: Servers) -> None:
    with leaking(servers, "ts_match_vq", "jsonb_exists"):
        [message] = check_indexes_serve(databases=["default"])
    assert (message.id, message.hint) == (
        "accounts.W001",
        "As a superuser run deploy/postgres-init.sql in the database; it matters from thousands of rows on.",
    )
    assert "because jsonb_exists, ts_match_vq may leak" in message.msg


@pytest.mark.parametrize("function", LEAKPROOF)
def test_an_index_serves_what_does_not_leak(function: str, acme: Tenant, leaflets: None, servers: Servers) -> None:
    assert "Index Cond" in plan_of(acme, CONDITIONS[function])
    with leaking(servers, function):
        assert "Seq Scan" in plan_of(acme, CONDITIONS[function])


def test_it_asks_only_the_database_that_serves() -> None:
    assert check_indexes_serve() == []
    assert check_indexes_serve(databases=["owner"]) == []


def test_it_leaves_a_database_that_is_away_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connections["default"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert check_indexes_serve(databases=["default"]) == []
