"""Scopes: what a piece of work sees, and that nothing is left of a scope when it ends."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Agent, Tenant
from accounts.tenancy import NoScope, current_scope, platform, within
from registry.models import Tool

pytestmark = pytest.mark.django_db


def raw_slugs() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug FROM accounts_agent")
        return {slug for (slug,) in cursor.fetchall()}


def test_it_refuses_a_query_outside_any_scope(scout: Agent) -> None:
    with pytest.raises(NoScope):
        Agent.objects.count()
    assert raw_slugs() == set()


def test_it_shows_one_tenants_rows_within_it(acme: Tenant, scout: Agent, spy: Agent) -> None:
    with within(acme.id):
        assert [agent.slug for agent in Agent.objects.all()] == ["scout"]
        assert raw_slugs() == {"scout"}


def test_it_shows_the_platform_every_tenant(scout: Agent, spy: Agent) -> None:
    with platform():
        assert {agent.slug for agent in Agent.objects.all()} == {"scout", "spy"}
        assert raw_slugs() == {"scout", "spy"}


def test_it_shows_what_is_shared_to_everybody(acme: Tenant, globex: Tenant) -> None:
    with platform():
        for tenant in (None, acme, globex):
            Tool.objects.create(tenant=tenant, slug=tenant.slug if tenant else "shared", name="x")
        assert Tool.objects.count() == 3
    with within(acme.id):
        assert {tool.slug for tool in Tool.objects.all()} == {"acme", "shared"}
        assert Tool.objects.filter(slug="shared").update(name="mine") == 0
    with pytest.raises(NoScope):
        Tool.objects.count()


def test_it_returns_to_the_outer_scope(acme: Tenant, globex: Tenant, scout: Agent, spy: Agent) -> None:
    with within(acme.id):
        with within(globex.id):
            assert raw_slugs() == {"spy"}
        assert current_scope().tenant_id == acme.id
        assert raw_slugs() == {"scout"}


def test_it_leaves_nothing_open_behind_it(acme: Tenant, scout: Agent) -> None:
    with within(acme.id):
        pass
    with pytest.raises(NoScope):
        current_scope()
    assert raw_slugs() == set()


def test_it_returns_to_the_outer_scope_after_an_error(acme: Tenant, globex: Tenant, scout: Agent) -> None:
    with within(acme.id):
        with pytest.raises(IntegrityError), within(globex.id):
            Agent.objects.bulk_create([Agent(tenant=globex, slug="twin"), Agent(tenant=globex, slug="twin")])
        assert raw_slugs() == {"scout"}


def test_it_undoes_what_was_marked_for_rollback(acme: Tenant, scout: Agent) -> None:
    with within(acme.id):
        with within(acme.id):
            Agent.objects.filter(id=scout.id).update(name="renamed")
            transaction.set_rollback(True)
        scout.refresh_from_db()
        assert scout.name == ""


@pytest.mark.django_db(transaction=True)
def test_it_ends_with_its_transaction(acme: Tenant, scout: Agent) -> None:
    with within(acme.id):
        assert raw_slugs() == {"scout"}
    assert raw_slugs() == set()
