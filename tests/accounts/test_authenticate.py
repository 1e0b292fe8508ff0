"""From a header, or a signed-in person, to a caller."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.authenticate import authenticate, authenticate_all, caller_of
from accounts.caller import Caller
from accounts.errors import Forbidden, KeyExpired, KeyRevoked, Unauthenticated
from accounts.limits import Limits
from accounts.models import Agent, ApiKey, Person, Tenant
from accounts.roles import Role
from accounts.tenancy import NoScope, current_scope, within
from tests.accounts.test_tenancy import raw_slugs
from tests.servers import Servers

pytestmark = pytest.mark.django_db


def test_it_finds_out_everything_about_a_key(acme: Tenant, scout: Agent, scout_key: str) -> None:
    with within(acme.id):
        Agent.objects.update(provider="claude_code", rate_limit={"per_minute": 5})
        Tenant.objects.update(
            rate_limit={"per_minute": 500}, concurrency={"most": 50}, quota={"per_day": 10_000}, generation=7
        )
        key = ApiKey.objects.get()
    assert authenticate(f"Bearer {scout_key}") == Caller(
        tenant_id=acme.id,
        tenant_slug="acme",
        generation=7,
        role=Role.OPERATOR,
        agent_id=scout.id,
        agent_slug="scout",
        key_id=key.id,
        provider="claude_code",
        agent_limits=Limits(rate={"per_minute": 5}),
        tenant_limits=Limits(rate={"per_minute": 500}, concurrency={"most": 50}, quota={"per_day": 10_000}),
    )


def test_it_costs_one_query(scout_key: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    authenticate(f"Bearer {scout_key}")
    with django_assert_num_queries(1):
        authenticate(f"Bearer {scout_key}")


def test_it_leaves_no_scope_behind(scout_key: str, spy: Agent) -> None:
    authenticate(f"Bearer {scout_key}")
    with pytest.raises(NoScope):
        current_scope()
    assert raw_slugs() == set()


def test_it_leaves_the_scope_it_was_called_in(globex: Tenant, spy: Agent, scout_key: str) -> None:
    with within(globex.id):
        authenticate(f"Bearer {scout_key}")
        assert raw_slugs() == {"spy"}


def test_it_tells_an_expired_key_from_a_revoked_one(scout: Agent, scout_key: str) -> None:
    past = timezone.now() - timedelta(seconds=1)
    with within(scout.tenant_id):
        ApiKey.objects.update(expires_at=past)
    with pytest.raises(KeyExpired):
        authenticate(f"Bearer {scout_key}")
    with within(scout.tenant_id):
        ApiKey.objects.update(revoked_at=past)
    with pytest.raises(KeyRevoked):
        authenticate(f"Bearer {scout_key}")


def test_it_refuses_a_disabled_agents_key(scout: Agent, scout_key: str) -> None:
    with within(scout.tenant_id):
        Agent.objects.update(enabled=False)
    with pytest.raises(Unauthenticated, match="agent is disabled"):
        authenticate(f"Bearer {scout_key}")


def test_it_notes_no_use_of_a_key_that_it_refuses(scout: Agent, scout_key: str) -> None:
    with within(scout.tenant_id):
        ApiKey.objects.update(revoked_at=timezone.now())
    with pytest.raises(KeyRevoked):
        authenticate(f"Bearer {scout_key}")
    with within(scout.tenant_id):
        assert ApiKey.objects.get().last_used_at is None


def test_it_tells_many_at_once_by_one_query(
    acme: Tenant, scout: Agent, scout_key: str, spy_key: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with within(acme.id):
        Tenant.objects.update(allowed_networks=["203.0.113.0/24"])
    authenticate(f"Bearer {scout_key}", "203.0.113.5")
    authenticate(f"Bearer {spy_key}")
    shown = [
        (f"Bearer {scout_key}", "203.0.113.5"),
        (f"Bearer {spy_key}", "198.51.100.1"),
        ("Bearer qm_" + "x" * 43, ""),
        ("Basic c2NvdXQ6", ""),
        (f"Bearer {scout_key}", "203.0.113.6"),
    ]
    with django_assert_num_queries(1):
        found = authenticate_all(shown)
    assert [(each.agent_slug, each.address) if isinstance(each, Caller) else each.code for each in found] == [
        ("scout", "203.0.113.5"),
        ("spy", "198.51.100.1"),
        "unauthenticated",
        "unauthenticated",
        ("scout", "203.0.113.6"),
    ]


def test_it_judges_each_of_many_by_where_it_comes_from(acme: Tenant, scout_key: str) -> None:
    with within(acme.id):
        Tenant.objects.update(allowed_networks=["203.0.113.0/24"])
    found = authenticate_all([(f"Bearer {scout_key}", "198.51.100.1"), (f"Bearer {scout_key}", "203.0.113.5")])
    assert [type(each) for each in found] == [Forbidden, Caller]


def test_it_notes_the_use_of_a_key_once_however_many_show_it(scout: Agent, scout_key: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        authenticate_all([(f"Bearer {scout_key}", "")] * 20)
    assert sum("UPDATE" in query["sql"] for query in queries) == 1
    with within(scout.tenant_id):
        assert ApiKey.objects.get().last_used_at is not None


@pytest.mark.django_db(transaction=True)
def test_it_does_not_wait_for_somebody_who_changes_the_key(scout: Agent, scout_key: str, servers: Servers) -> None:
    with servers.connect_as_superuser() as rival, rival.transaction():
        rival.execute("SELECT 1 FROM accounts_apikey FOR UPDATE")
        assert authenticate(f"Bearer {scout_key}").agent_slug == "scout"
    with within(scout.tenant_id):
        assert ApiKey.objects.get().last_used_at is None
    authenticate(f"Bearer {scout_key}")
    with within(scout.tenant_id):
        assert ApiKey.objects.get().last_used_at is not None


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_while_a_migration_gives_its_function_a_column(
    scout: Agent, scout_key: str, servers: Servers
) -> None:
    """As the processes of the old version do until the new ones are started."""
    authenticate(f"Bearer {scout_key}")
    with servers.connect_as_superuser() as superuser:
        (before,) = superuser.execute(
            "SELECT pg_get_functiondef('accounts_authenticate(bytea)'::regprocedure)"
        ).fetchone() or ("",)
        after = before.replace("key_id uuid,", "more text, key_id uuid,").replace(
            "SELECT k.id,", "SELECT 'x'::text, k.id,"
        )
        assert after.count("text,") == before.count("text,") + 2
        replace_function(superuser, after)
        try:
            assert authenticate(f"Bearer {scout_key}").agent_slug == "scout"
        finally:
            replace_function(superuser, before)


def replace_function(superuser: psycopg.Connection, definition: str) -> None:
    """By its owner, as a migration does."""
    with superuser.transaction():
        superuser.execute("SET LOCAL ROLE qm_owner")
        superuser.execute("DROP FUNCTION accounts_authenticate(bytea)")
        superuser.execute(definition.encode())


def test_it_asks_nothing_for_what_is_no_key(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert [type(each) for each in authenticate_all([("", ""), ("Bearer nothing", "")])] == [Unauthenticated] * 2


def test_it_makes_a_person_a_caller(acme: Tenant, bob: Person) -> None:
    assert caller_of(bob) == Caller(
        tenant_id=acme.id, tenant_slug="acme", generation=acme.generation, role=Role.OPERATOR, person_id=bob.id
    )


def test_it_keeps_a_person_in_their_tenant(acme: Tenant, mallory: Person) -> None:
    with pytest.raises(Forbidden, match="another tenant's"):
        caller_of(mallory, acme)


def test_it_lets_the_platforms_owner_into_every_tenant(acme: Tenant, platform_owner: Person) -> None:
    caller = caller_of(platform_owner, acme)
    assert (caller.tenant_id, caller.role, caller.is_platform_owner) == (acme.id, Role.OWNER, True)
