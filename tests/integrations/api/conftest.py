"""Everybody who comes to the doors of floor 2, and acme's connector with the tests' vendor behind it."""

import pytest

from accounts.models import Tenant
from accounts.roles import Role
from integrations.format.types import Connector
from tests.cast import make_agent, make_key
from tests.doors import Api
from tests.integrations.connections.services import imported
from tests.vendors import Vendor


@pytest.fixture
def chat(acme: Tenant, vendor: Vendor) -> Connector:
    """Connected with an API key; end users may, too."""
    return imported(acme, vendor)


@pytest.fixture
def steward_api(acme: Tenant) -> Api:
    """An admin's, who has the right to credentials."""
    return Api(make_key(make_agent(acme, "steward", Role.ADMIN)))


@pytest.fixture
def operator_api(scout_key: str) -> Api:
    """Whoever calls tools has no right to credentials."""
    return Api(scout_key)
