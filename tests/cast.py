"""The named cast, for every test: `acme` with its people and its agent, and `globex`, who must see nothing of acme.

| tenant   | people                                          | agent                       |
|----------|-------------------------------------------------|-----------------------------|
| `acme`   | `alice` (owner), `bob` (operator), `vera` (viewer) | `scout` (operator), `scout_key` |
| `globex` | `mallory` (owner)                               | `spy` (owner), `spy_key`    |

The fixtures ask for `db`, so they serve tests that are rolled back and, with `django_db(transaction=True)`, tests that
commit. Look at rows inside `within(acme.id)`. An asynchronous view reads through connections of its own: its tests
must commit.
"""

import pytest

from accounts.agents import create_agent
from accounts.authenticate import authenticate
from accounts.caller import Caller, System
from accounts.keys import issue_key
from accounts.models import Agent, Person, Tenant
from accounts.people import create_person
from accounts.roles import Role
from accounts.tenancy import platform, within
from accounts.tenants import create_tenant
from tests.doors import Api, AsyncApi

CASTING = System("tests")


def make_tenant(slug: str) -> Tenant:
    with platform():
        return create_tenant(slug=slug, name=slug.capitalize(), actor=CASTING.actor)


def make_person(tenant: Tenant, name: str, role: Role, *, is_platform_owner: bool = False) -> Person:
    """Somebody without a password: hashing one is slow, and `client.force_login` needs none."""
    with within(tenant.id):
        return create_person(
            tenant=tenant,
            email=f"{name}@{tenant.slug}.example",
            name=name.capitalize(),
            role=role,
            password=None,
            by=CASTING,
            is_platform_owner=is_platform_owner,
        )


def make_agent(tenant: Tenant, slug: str, role: Role) -> Agent:
    with within(tenant.id):
        return create_agent(tenant=tenant, slug=slug, role=role, by=CASTING)


def make_key(agent: Agent, name: str = "first") -> str:
    with within(agent.tenant_id):
        return issue_key(agent=agent, name=name, by=CASTING).secret


@pytest.fixture
def acme(db: None) -> Tenant:
    return make_tenant("acme")


@pytest.fixture
def alice(acme: Tenant) -> Person:
    return make_person(acme, "alice", Role.OWNER)


@pytest.fixture
def bob(acme: Tenant) -> Person:
    return make_person(acme, "bob", Role.OPERATOR)


@pytest.fixture
def vera(acme: Tenant) -> Person:
    return make_person(acme, "vera", Role.VIEWER)


@pytest.fixture
def scout(acme: Tenant) -> Agent:
    return make_agent(acme, "scout", Role.OPERATOR)


@pytest.fixture
def scout_key(scout: Agent) -> str:
    return make_key(scout)


@pytest.fixture
def scout_headers(scout_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {scout_key}"}


@pytest.fixture
def scout_caller(scout_headers: dict[str, str]) -> Caller:
    """What every door makes of scout's key."""
    return authenticate(scout_headers["Authorization"])


@pytest.fixture
def globex(db: None) -> Tenant:
    return make_tenant("globex")


@pytest.fixture
def mallory(globex: Tenant) -> Person:
    return make_person(globex, "mallory", Role.OWNER)


@pytest.fixture
def spy(globex: Tenant) -> Agent:
    """All rights at home: what spy is refused is refused because it is another's."""
    return make_agent(globex, "spy", Role.OWNER)


@pytest.fixture
def spy_key(spy: Agent) -> str:
    return make_key(spy)


@pytest.fixture
def spy_headers(spy_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {spy_key}"}


@pytest.fixture
def platform_owner(db: None) -> Person:
    """Runs the installation, from a tenant of their own."""
    return make_person(make_tenant("platform-team"), "olga", Role.OWNER, is_platform_owner=True)


@pytest.fixture
def api(scout_key: str) -> Api:
    """The API as scout sees it; `api.as_(key)` is the same door with another key, `api.as_(None)` without one."""
    return Api(scout_key)


@pytest.fixture
def spy_api(spy_key: str) -> Api:
    return Api(spy_key)


@pytest.fixture
def async_api(scout_key: str) -> AsyncApi:
    """The same over ASGI. Its views read through other connections, so the test must commit."""
    return AsyncApi(scout_key)
