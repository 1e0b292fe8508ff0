"""`agents/`: made, read, changed and disabled; nobody grants more than they have, and nobody sees another tenant's."""

from typing import Any

import pytest

from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import Api

pytestmark = pytest.mark.django_db


def agents_of(tenant: Tenant) -> dict[str, str]:
    with within(tenant.id):
        return dict(Agent.objects.values_list("slug", "role"))


def changes_of(agent: Agent) -> list[dict[str, Any]]:
    with within(agent.tenant_id):
        return list(
            AuditEntry.objects.filter(action="agent.changed", subject=f"agent:{agent.id}").values_list(
                "detail", flat=True
            )
        )


def test_it_makes_an_agent(steward_api: Api, steward: Agent, acme: Tenant) -> None:
    answer = steward_api.post(
        "agents/",
        {
            "slug": "carrier",
            "name": "Carrier",
            "description": "Carries.",
            "role": "viewer",
            "provider": "claude_code",
            "rate_limit": {"per_minute": 60, "burst": 10},
            "concurrency": {"most": 5, "without_redis": "closed"},
            "quota": {"per_day": 1000},
        },
    )
    assert answer.status_code == 201
    with within(acme.id):
        agent = Agent.objects.get(slug="carrier")
        entry = AuditEntry.objects.get(action="agent.created", subject=f"agent:{agent.id}")
    assert answer.json() == {
        "id": str(agent.id),
        "slug": "carrier",
        "name": "Carrier",
        "description": "Carries.",
        "role": "viewer",
        "provider": "claude_code",
        "rate_limit": {"per_minute": 60, "burst": 10},
        "concurrency": {"most": 5, "without_redis": "closed"},
        "quota": {"per_day": 1000},
        "enabled": True,
        "created_at": agent.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (entry.actor, entry.detail) == (f"agent:{steward.id}", {"role": "viewer"})


def test_it_needs_no_more_than_a_slug(steward_api: Api) -> None:
    made = steward_api.post("agents/", {"slug": "carrier"}).json()
    assert (made["role"], made["name"], made["rate_limit"]) == ("operator", "", None)


def test_it_refuses_a_slug_that_is_taken(steward_api: Api, scout: Agent, acme: Tenant) -> None:
    answer = steward_api.post("agents/", {"slug": "scout", "role": "viewer"})
    assert refusal(answer) == (409, "conflict", {})
    assert answer.json()["detail"] == "There is an agent `scout` already. Choose another slug."
    assert agents_of(acme)["scout"] == "operator"


def test_it_lets_two_tenants_use_one_slug(steward_api: Api, spy: Agent) -> None:
    assert steward_api.post("agents/", {"slug": "spy"}).status_code == 201


@pytest.mark.parametrize("slug", ["", " ", "Scout", "-scout", "scout-", "a b", "x" * 65, "ümlaut", "a/b", 5, None])
def test_it_refuses_what_is_no_slug(steward_api: Api, acme: Tenant, slug: Any) -> None:
    before = agents_of(acme)
    assert refused_fields(steward_api.post("agents/", {"slug": slug})) == ["$.slug"]
    assert agents_of(acme) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 201),
        ("name", ["x"]),
        ("description", "x" * 10_001),
        ("role", "emperor"),
        ("role", None),
        ("provider", "x" * 65),
        ("rate_limit", "often"),
        ("rate_limit", []),
        ("rate_limit", {}),
        ("rate_limit.per_minute", {"per_minute": 0}),
        ("rate_limit.per_minute", {"per_minute": 10**4000}),
        ("rate_limit.colour", {"per_minute": 1, "colour": "red"}),
        ("rate_limit.without_redis", {"per_minute": 1, "without_redis": "maybe"}),
        ("concurrency.most", {}),
        ("quota", {}),
        ("enabled", True),
        ("tenant", "globex"),
        ("id", "0199d3a1-0000-7000-8000-000000000001"),
    ],
)
def test_it_refuses_a_bad_field_by_name(steward_api: Api, acme: Tenant, field: str, value: Any) -> None:
    answer = steward_api.post("agents/", {"slug": "carrier", field.partition(".")[0]: value})
    assert refused_fields(answer) == [f"$.{field}"]
    assert "carrier" not in agents_of(acme)


def test_it_grants_no_role_above_ones_own(steward_api: Api, acme: Tenant) -> None:
    answer = steward_api.post("agents/", {"slug": "carrier", "role": "owner"})
    assert refusal(answer) == (403, "forbidden", {})
    assert "carrier" not in agents_of(acme)
    assert steward_api.post("agents/", {"slug": "carrier", "role": "admin"}).status_code == 201


def test_it_lists_the_tenants_agents_newest_first(api: Api, reader: Agent, spy: Agent) -> None:
    answer = api.get("agents/").json()
    assert [agent["slug"] for agent in answer["results"]] == ["reader", "scout"]
    assert (answer["next"], answer["previous"]) == (None, None)


def test_it_shows_one_agent(reader_api: Api, scout: Agent) -> None:
    answer = reader_api.get("agents/scout/")
    assert answer.status_code == 200
    assert answer.json()["id"] == str(scout.id)


@pytest.mark.parametrize("slug", ["spy", "nobody", "%00", "..", "a%2Fb", "%ED%A0%80", "x" * 3000])
def test_it_knows_no_other_agents(api: Api, scout: Agent, spy: Agent, slug: str) -> None:
    assert refusal(api.get(f"agents/{slug}/")) == (404, "not_found", {})


def test_it_changes_what_is_named(steward_api: Api, steward: Agent, scout: Agent) -> None:
    answer = steward_api.patch("agents/scout/", {"name": "Scout", "role": "viewer", "rate_limit": {"per_minute": 5}})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["role"]) == ("Scout", "viewer")
    with within(scout.tenant_id):
        scout.refresh_from_db()
    assert (scout.name, scout.role, scout.rate_limit, scout.enabled) == ("Scout", "viewer", {"per_minute": 5}, True)
    assert changes_of(scout) == [{"fields": ["name", "rate_limit", "role"], "role": "viewer"}]


def test_it_makes_every_process_forget_what_it_cached(steward_api: Api, acme: Tenant, scout: Agent) -> None:
    steward_api.patch("agents/scout/", {"name": "Scout"})
    with within(acme.id):
        assert Tenant.objects.get().generation == acme.generation + 1


def test_it_notes_nothing_where_nothing_changes(steward_api: Api, acme: Tenant, scout: Agent) -> None:
    assert steward_api.patch("agents/scout/", {"role": "operator"}).status_code == 200
    assert steward_api.patch("agents/scout/", {}).status_code == 200
    assert changes_of(scout) == []
    with within(acme.id):
        assert Tenant.objects.get().generation == acme.generation


def test_it_shuts_a_disabled_agent_out_from_the_next_call_on(steward_api: Api, api: Api, scout: Agent) -> None:
    assert api.get("agents/").status_code == 200
    steward_api.patch("agents/scout/", {"enabled": False})
    assert refusal(api.get("agents/")) == (401, "unauthenticated", {})
    steward_api.patch("agents/scout/", {"enabled": True})
    assert api.get("agents/").status_code == 200


@pytest.mark.parametrize("change", [{"role": "owner"}, {"role": "owner", "name": "x"}])
def test_it_raises_nobody_above_oneself(steward_api: Api, scout: Agent, change: dict[str, str]) -> None:
    assert refusal(steward_api.patch("agents/scout/", change)) == (403, "forbidden", {})
    with within(scout.tenant_id):
        scout.refresh_from_db()
    assert (scout.role, scout.name) == ("operator", "")


@pytest.mark.parametrize("change", [{"enabled": False}, {"role": "viewer"}, {"name": "x"}])
def test_it_touches_nobody_above_oneself(steward_api: Api, chief: Agent, change: dict[str, Any]) -> None:
    assert refusal(steward_api.patch("agents/chief/", change)) == (403, "forbidden", {})
    assert changes_of(chief) == []


def test_it_does_not_change_a_slug(steward_api: Api, acme: Tenant, scout: Agent) -> None:
    assert refused_fields(steward_api.patch("agents/scout/", {"slug": "carrier"})) == ["$.slug"]
    assert "scout" in agents_of(acme)


@pytest.mark.parametrize("body", [{"enabled": "no"}, {"enabled": 0}, {"enabled": None}])
def test_it_takes_no_guess_for_a_boolean(steward_api: Api, scout: Agent, body: dict[str, Any]) -> None:
    assert refused_fields(steward_api.patch("agents/scout/", body)) == ["$.enabled"]
    with within(scout.tenant_id):
        scout.refresh_from_db()
    assert scout.enabled


def test_it_changes_nothing_of_another_tenant(spy_api: Api, scout: Agent) -> None:
    assert refusal(spy_api.patch("agents/scout/", {"name": "Gotcha"})) == (404, "not_found", {})
    assert changes_of(scout) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_it_lets_only_those_change_agents_who_manage_people(
    role: Role, api: Api, reader_api: Api, scout: Agent, acme: Tenant
) -> None:
    door = {Role.VIEWER: reader_api, Role.OPERATOR: api}[role]
    before = agents_of(acme)
    assert refusal(door.post("agents/", {"slug": "carrier"})) == (403, "forbidden", {})
    assert refusal(door.patch("agents/scout/", {"name": "x"})) == (403, "forbidden", {})
    assert agents_of(acme) == before
    assert changes_of(scout) == []
