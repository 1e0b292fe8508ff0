import pytest

from accounts.models import Agent, Person, Tenant
from accounts.naming import name_of, names_of
from accounts.tenancy import within

pytestmark = pytest.mark.django_db


def test_it_names_people_and_agents(acme: Tenant, alice: Person, scout: Agent) -> None:
    with within(acme.id):
        found = names_of([f"person:{alice.id}", f"agent:{scout.id}", "system:sweep", "agent:scout"])
    assert found == {f"person:{alice.id}": "Alice", f"agent:{scout.id}": "scout"}


def test_it_names_nobody_of_another_tenant(globex: Tenant, alice: Person) -> None:
    with within(globex.id):
        assert name_of(f"person:{alice.id}") == f"person:{alice.id}"
