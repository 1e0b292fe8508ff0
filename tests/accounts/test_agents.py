"""What the verbs on agents refuse, whoever calls them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.agents import change_agent, create_agent
from accounts.errors import Fault, Invalid
from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.cast import CASTING

pytestmark = pytest.mark.django_db


def test_it_refuses_what_cannot_be_changed_by_name(acme: Tenant, scout: Agent) -> None:
    with within(acme.id), pytest.raises(Invalid) as refusal:
        change_agent(agent=scout, by=CASTING, changes={"slug": "x", "name": "Scout"})
    assert [fault.path for fault in refusal.value.faults] == ["$.slug"]
    assert isinstance(refusal.value.faults[0], Fault)
    with within(acme.id):
        scout.refresh_from_db()
    assert (scout.slug, scout.name) == ("scout", "")


@pytest.mark.parametrize(("slug", "role"), [("No Slug", "viewer"), ("carrier", "emperor")])
def test_it_makes_no_agent_of_a_bad_field(acme: Tenant, slug: str, role: str) -> None:
    with within(acme.id):
        with pytest.raises(ValidationError):
            create_agent(tenant=acme, slug=slug, role=Role(role) if role == "viewer" else role, by=CASTING)  # type: ignore[arg-type]
        assert not Agent.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rate_limit", "often", "Give an object"),
        ("rate_limit", [60], "Give an object"),
        ("rate_limit", {"burst": 5}, "Give `per_second` or `per_minute` or `per_hour`"),
        ("rate_limit", {"per_minute": 60, "per_day": 5}, "per_day: There is no such field here"),
        ("rate_limit", {"per_minute": None}, "per_minute: Give a whole number from 1 to 1,000,000"),
        ("rate_limit", {"per_minute": "60"}, "per_minute: Give a whole number"),
        ("rate_limit", {"per_minute": 0}, "per_minute: Give a whole number"),
        ("rate_limit", {"per_minute": True}, "per_minute: Give a whole number"),
        ("rate_limit", {"per_minute": 1_000_001}, "per_minute: Give a whole number"),
        ("rate_limit", {"per_minute": 60, "burst": 1.5}, "burst: Give a whole number"),
        ("rate_limit", {"per_minute": 60, "without_redis": "maybe"}, "without_redis: Give `open` or `closed`"),
        ("concurrency", {"without_redis": "open"}, "Give `most`"),
        ("concurrency", {"most": 100_001}, "most: Give a whole number from 1 to 100,000"),
        ("quota", {"per_week": 5}, "per_week: There is no such field here"),
        ("quota", {"per_day": 0}, "per_day: Give a whole number from 1 to 1,000,000,000"),
    ],
)
def test_it_gives_an_agent_no_limit_that_cannot_be_kept(
    acme: Tenant, scout: Agent, field: str, value: Any, said: str
) -> None:
    """A bad one would end each of the agent's calls with an error of ours."""
    with within(acme.id):
        with pytest.raises(ValidationError, match=said):
            change_agent(agent=scout, by=CASTING, changes={field: value})
        scout.refresh_from_db()
    assert getattr(scout, field) is None


def test_it_calls_an_agent_by_its_name_or_slug(scout: Agent) -> None:
    assert (str(scout), str(Agent(slug="x", name="Named"))) == ("scout", "Named")
