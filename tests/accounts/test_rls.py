"""The second wall: PostgreSQL itself keeps tenants apart, whatever the code above it forgets."""

import os
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction

from accounts.events import subscribe
from accounts.models import Agent, Person, Tenant
from accounts.tenancy import NoScope, SharedManager, platform, within
from tests.accounts.trails import seal_all

pytestmark = pytest.mark.django_db

OURS = ("accounts", "integrations", "registry", "webhooks", "memory")
OF_THE_INSTALLATION = {"memory.EmbeddingModel", "memory.VectorIndex"}
"""What no tenant has and all read: which models there are, and which indexes."""
MODELS = [
    model
    for app in OURS
    for model in apps.get_app_config(app).get_models()
    if model._meta.label not in OF_THE_INSTALLATION
]
FILLED = ["accounts_tenant", "accounts_person", "accounts_agent", "accounts_apikey"]
FILLED += ["accounts_auditentry", "accounts_audithead", "accounts_eventposition"]


def tenant_column(model: type[models.Model]) -> str:
    return "id" if model is Tenant else "tenant_id"


def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else [(cursor.rowcount,)]


# --- Every table of ours ---


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_keeps_the_tenant_in_every_table(model: type[models.Model]) -> None:
    assert tenant_column(model) in {field.attname for field in model._meta.concrete_fields}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_guards_every_table_even_from_its_owner(model: type[models.Model]) -> None:
    guarded = run("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", model._meta.db_table)
    assert guarded == [(True, True)], f"Add `protect({model._meta.db_table!r})` to a migration."


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_has_the_same_policies_on_every_table(model: type[models.Model]) -> None:
    """Of the policies of `accounts_agent` the tests below show what they do."""
    found, shown = policies(model._meta.db_table), policies("accounts_agent")
    assert set(found) == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    column = tenant_column(model)
    expected = {
        command: tuple(part and part.replace("tenant_id", column) for part in parts) for command, parts in shown.items()
    }
    if isinstance(model._default_manager, SharedManager):
        using = expected["SELECT"][0]
        assert using is not None
        expected["SELECT"] = (f"{using[:-1]} OR ({column} IS NULL))", None)
    assert found == expected


def policies(table: str) -> dict[str, tuple[str | None, ...]]:
    rows = run("SELECT cmd, qual, with_check FROM pg_policies WHERE tablename = %s", table)
    return {str(command): tuple(part and re.sub(r"\s+", " ", str(part)) for part in parts) for command, *parts in rows}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_it_scopes_every_manager(model: type[models.Model]) -> None:
    assert model._meta.managers
    for manager in model._meta.managers:
        with pytest.raises(NoScope):
            manager.count()


# --- What the policies do ---


@pytest.fixture
def both_filled(acme: Tenant, globex: Tenant, alice: Person, mallory: Person, scout_key: str, spy_key: str) -> None:
    """Rows of both tenants in every table of this floor."""
    subscribe("listener", lambda tenant_id, events: None)
    for tenant in (acme, globex):
        seal_all(tenant.id)


@pytest.mark.parametrize("table", FILLED)
def test_it_shows_nothing_without_a_scope(both_filled: None, table: str) -> None:
    assert run(f"SELECT * FROM {table}") == []


@pytest.mark.parametrize("table", FILLED)
def test_it_shows_a_tenants_own_rows_only(both_filled: None, acme: Tenant, globex: Tenant, table: str) -> None:
    column = "id" if table == "accounts_tenant" else "tenant_id"
    seen = f"SELECT DISTINCT {column} FROM {table}"
    with within(acme.id):
        assert run(seen) == [(acme.id,)]
    with platform():
        assert set(run(seen)) == {(acme.id,), (globex.id,)}


def test_it_shows_the_platforms_own_rows_to_the_platform_only(acme: Tenant) -> None:
    with platform():
        insert_entry(None)
        assert run("SELECT count(*) FROM accounts_auditentry WHERE tenant_id IS NULL") == [(1,)]
    with within(acme.id):
        assert run("SELECT count(*) FROM accounts_auditentry WHERE tenant_id IS NULL") == [(0,)]


def insert_entry(tenant_id: object) -> None:
    run(
        "INSERT INTO accounts_auditentry (id, tenant_id, at, actor, action, subject, detail)"
        " VALUES (gen_random_uuid(), %s, now(), 'agent:1', 'tool.changed', 'tool:1', '{}')",
        tenant_id,
    )


@pytest.mark.parametrize("whose", ["globex", "nobody"])
def test_it_takes_no_row_for_another_tenant(acme: Tenant, globex: Tenant, whose: str) -> None:
    with pytest.raises(ProgrammingError, match="violates row-level security policy"), within(acme.id):
        insert_entry(globex.id if whose == "globex" else None)
    with platform():
        assert run("SELECT count(*) FROM accounts_auditentry WHERE action = 'tool.changed'") == [(0,)]


def test_it_takes_no_row_without_a_scope(acme: Tenant) -> None:
    with pytest.raises(ProgrammingError, match="violates row-level security policy"), transaction.atomic():
        insert_entry(acme.id)


def test_it_hands_no_row_over_to_another_tenant(acme: Tenant, globex: Tenant, scout: Agent) -> None:
    with within(acme.id):
        with pytest.raises(ProgrammingError, match="violates row-level security policy"), transaction.atomic():
            run("UPDATE accounts_agent SET tenant_id = %s", globex.id)
        assert run("SELECT tenant_id FROM accounts_agent") == [(acme.id,)]


@pytest.mark.parametrize("statement", ["UPDATE accounts_agent SET name = 'gotcha'", "DELETE FROM accounts_agent"])
def test_it_touches_no_row_of_another_tenant(globex: Tenant, scout: Agent, statement: str) -> None:
    with within(globex.id):
        assert run(statement) == [(0,)]
    assert run(statement) == [(0,)]
    with within(scout.tenant_id):
        assert run("SELECT name FROM accounts_agent") == [("",)]


@pytest.mark.parametrize("text", ["%", "", "*'", "' OR true --", "NULL"])
def test_it_takes_no_other_word_for_everybody(scout: Agent, text: str) -> None:
    run("SELECT set_config('qm.tenant', %s, true)", text)
    assert run("SELECT * FROM accounts_agent") == []


# --- The audit trail is written once ---


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET action = 'tool.praised'",
        "UPDATE accounts_auditentry SET detail = '{}'",
        "UPDATE accounts_auditentry SET tenant_id = NULL",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
        "DELETE FROM accounts_audithead",
        "ALTER TABLE accounts_auditentry DISABLE TRIGGER sealed_once",
        "ALTER TABLE accounts_auditentry DISABLE ROW LEVEL SECURITY",
    ],
)
def test_it_changes_no_audit_entry_as_the_serving_role(acme: Tenant, statement: str) -> None:
    with within(acme.id):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            run(statement)
        assert run("SELECT action FROM accounts_auditentry") == [("tenant.created",)]


@pytest.mark.parametrize("change", ["sequence = 7", "seal = sha256('x')", "sequence = NULL, seal = NULL"])
def test_it_seals_an_entry_once(acme: Tenant, change: str) -> None:
    seal_all(acme.id)
    with within(acme.id):
        with pytest.raises(ProgrammingError, match="is sealed already"), transaction.atomic():
            run(f"UPDATE accounts_auditentry SET {change}")
        assert run("SELECT sequence FROM accounts_auditentry") == [(1,)]


# --- The roles ---


def test_it_serves_as_a_role_that_steps_around_nothing() -> None:
    assert run("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [
        ("qm_app", False, False)
    ]


@pytest.fixture
def owner() -> Iterator[psycopg.Connection]:
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        yield owner


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", FILLED)
def test_it_shows_nothing_to_the_owner_of_the_tables_either(
    both_filled: None, owner: psycopg.Connection, table: str
) -> None:
    assert owner.execute(f"SELECT * FROM {table}").fetchall() == []
