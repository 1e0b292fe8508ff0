import pytest

from accounts.models import Tenant
from accounts.roles import Role
from tests.cast import make_agent, make_key
from tests.doors import Api


@pytest.fixture
def steward_api(acme: Tenant) -> Api:
    """An admin's, who has the right to credentials."""
    return Api(make_key(make_agent(acme, "steward", Role.ADMIN)))
