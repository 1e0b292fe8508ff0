"""Further cast of this floor: acme's agents of every role, and whoever may do anything to the database."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from asgiref.sync import sync_to_async

from accounts import events
from accounts.models import Agent, Tenant
from accounts.offload import give_connection_back
from accounts.roles import Role
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.servers import Servers


@pytest.fixture
def chief(acme: Tenant) -> Agent:
    """acme's agent with all rights."""
    return make_agent(acme, "chief", Role.OWNER)


@pytest.fixture
def steward(acme: Tenant) -> Agent:
    """acme's agent that manages people, below the owners."""
    return make_agent(acme, "steward", Role.ADMIN)


@pytest.fixture
def reader(acme: Tenant) -> Agent:
    """acme's agent that only reads."""
    return make_agent(acme, "reader", Role.VIEWER)


@pytest.fixture
def chief_api(chief: Agent) -> Api:
    return Api(make_key(chief))


@pytest.fixture
def steward_api(steward: Agent) -> Api:
    return Api(make_key(steward))


@pytest.fixture
def reader_api(reader: Agent) -> Api:
    return Api(make_key(reader))


@pytest.fixture
def intruder(servers: Servers) -> Iterator[psycopg.Connection]:
    """A superuser whom no policy, right or trigger holds up. Sees what is committed."""
    with servers.connect_as_superuser() as superuser:
        superuser.execute("SET session_replication_role = replica")
        yield superuser


@pytest.fixture
async def _asgi_thread() -> AsyncIterator[None]:
    """Gives back what Django's one thread for synchronous code holds after an asynchronous request."""
    yield
    await sync_to_async(give_connection_back)()


@pytest.fixture(autouse=True)
def _no_other_subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Higher floors subscribe when Django starts; here only the tests' own are told."""
    monkeypatch.setattr(events, "_subscribers", {})
